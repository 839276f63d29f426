import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { replayAll } from '../../src/replay/corpus.ts'
import { agent } from '../../src/runtime/agent.ts'
import { step } from '../../src/runtime/effects.ts'
import { agentProcess, done, fail, spawn, wait } from '../../src/runtime/process.ts'
import { keep, tempFolder } from './kept.ts'

const child = agentProcess('child', async (ok: boolean) => step('work', () => (ok ? 1 : Promise.reject(new Error('no')))))
const parent = agentProcess('parent', async (ok: boolean) => {
  const worker = await agent('worker')
  worker.on('tool0', () => done('zero'))
  worker.on('tool1', () => fail('one'))
  await spawn(child, ok).result.catch(() => {})
  await worker.send('go')
  return wait()
})
const calling = (tool: string) => () => [{ tool, params: {} }]

describe('a corpus', () => {
  test('is identical when every recording is, and counts what they show of what they declare', async () => {
    const folder = tempFolder()
    await keep(parent, folder, 'a', { args: [true], reply: calling('tool0') })
    await keep(child, join(folder, 'deeper'), 'b', { args: [false] })
    const report = await replayAll([parent, child], folder)
    expect(report.recordings.map(({ recording, verdict }) => [recording, verdict.verdict])).toEqual([
      ['a', 'identical'],
      ['deeper/b', 'identical'],
    ])
    expect(report.verdict).toBe('identical')
    const outcomes = Object.fromEntries(report.coverage.covered.map(({ kind, name, outcomes: seen }) => [`${kind} ${name}`, seen]))
    expect(outcomes).toMatchObject({
      'process child': { done: 1, failed: 1, cancelled: 0 },
      'process parent': { done: 1, failed: 0, cancelled: 0 },
      'tool parent.tool0': { answered: 1, refused: 0 },
      'tool parent.tool1': { answered: 0, refused: 0 },
    })
    expect(report.coverage).toMatchObject({ seen: report.coverage.declared - 1 })
  })

  test('names recordings that could all go without an outcome less', async () => {
    const folder = tempFolder()
    await keep(child, folder, 'fails', { args: [false] })
    await keep(child, folder, 'works', { args: [true] })
    await keep(child, folder, 'works-again', { args: [true], seed: 2 })
    await keep(child, folder, 'works-once-more', { args: [true], seed: 3 })
    const { coverage } = await replayAll([child], folder)
    expect(coverage.addingNothing).toEqual(['works-again', 'works-once-more'])
  })

  test('is diverged when one recording is, cannot be told when one cannot', async () => {
    const folder = tempFolder()
    await keep(child, folder, 'a', { args: [true] })
    mkdirSync(join(folder, 'broken'))
    writeFileSync(join(folder, 'broken', 'events.jsonl'), 'nothing like a log\n')
    const edited = agentProcess('child', async () => step('other', () => 1))
    expect(await replayAll([child], folder)).toMatchObject({ verdict: 'cannot_tell' })
    expect(await replayAll([edited], folder)).toMatchObject({ verdict: 'diverged' })
    rmSync(join(folder, 'broken'), { recursive: true })
    expect(await replayAll([parent], folder)).toMatchObject({
      verdict: 'cannot_tell',
      recordings: [{ verdict: { reason: { code: 'ERR_OTHER_PROCESS' } } }],
    })
  })

  test('shows a run that was cut off as one', async () => {
    const folder = tempFolder()
    const path = await keep(child, folder, 'cut', { args: [true] })
    truncateSync(join(path, 'events.jsonl'), 900)
    const { coverage, verdict } = await replayAll([child], folder)
    expect(verdict).toBe('identical')
    expect(coverage.covered.find(({ kind }) => kind === 'run')).toMatchObject({ name: 'child', outcomes: { cut_off: 1, completed: 0 } })
  })

  test('refuses a folder without recordings', async () => {
    await expect(replayAll([child], tempFolder())).rejects.toMatchObject({ code: 'ERR_CORPUS_EMPTY' })
  })
})
