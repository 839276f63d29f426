import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { jsonlStore } from '../../src/log/jsonl.ts'
import { acceptReplay } from '../../src/replay/accept.ts'
import { replay } from '../../src/replay/replay.ts'
import { agent } from '../../src/runtime/agent.ts'
import { sleep, step } from '../../src/runtime/effects.ts'
import { type AgentProcess, agentProcess, done, emit, wait } from '../../src/runtime/process.ts'
import { entriesOf, keep, tempFolder } from './kept.ts'

/** An agent that is told something and calls a tool; what happens around it is up to the test. */
const program = (around: { before?: () => unknown; inTool?: () => unknown; after?: () => unknown } = {}) =>
  agentProcess('main', async () => {
    const worker = await agent('worker')
    worker.on('tool0', async () => {
      await around.inTool?.()
      done(await step('one', () => 1))
      return 'thanks'
    })
    await around.before?.()
    await worker.send('go')
    const result = await wait()
    await around.after?.()
    return result
  })

const reply = () => [{ tool: 'tool0', params: {} }]

/** Records one program, accepts the behaviour of another on it, and returns both logs. */
async function accepted(before: AgentProcess<never, unknown>, now: AgentProcess<never, unknown>) {
  const folder = tempFolder()
  const path = await keep(before, folder, 'old', { reply })
  const text = spreadOut(readFileSync(join(path, 'events.jsonl'), 'utf8'))
  writeFileSync(join(path, 'events.jsonl'), text)
  const { run, verdict } = await acceptReplay(now, path)
  expect(readFileSync(join(path, 'events.jsonl'), 'utf8')).toBe(text)
  return { folder, run: run as string, verdict, old: await entriesOf(folder, 'old'), made: await entriesOf(folder, run as string) }
}

/** A log whose entries are a second apart. */
function spreadOut(log: string): string {
  return log.replace(/"time":"[^"]+"/g, () => `"time":"${new Date(Date.UTC(2026, 10, 21) + 1000 * (seconds += 1)).toISOString()}"`)
}

let seconds = 0

describe('accepting', () => {
  test('writes a new run that replays identically with the new code and not with the old', async () => {
    const now = program({ before: () => emit('before'), inTool: () => emit('inside'), after: () => emit('after') })
    const { folder, run } = await accepted(program(), now)
    expect(await replay(now, join(folder, run))).toMatchObject({ verdict: 'identical', rerun: { ended: true } })
    expect(await replay(program(), join(folder, run))).toMatchObject({ verdict: 'diverged' })
  })

  test('counts entries and places in the agent stream without a gap, and keeps times in order', async () => {
    const now = program({ before: () => [emit('a'), emit('b')], after: () => emit('after') })
    const { made, old } = await accepted(program(), now)
    expect(made.map(({ seq }) => seq)).toEqual(made.map((_, index) => index + 1))
    const places = made.flatMap((entry) => (entry.agent === 'worker' && entry.aseq !== undefined ? [entry.aseq] : []))
    expect(places).toEqual(places.map((_, index) => index + 1))
    const inputTimes = (entries: typeof made) => entries.filter(({ by }) => by === 'world').map(({ time }) => time)
    expect(inputTimes(made)).toEqual(inputTimes(old))
    for (const [index, entry] of made.entries()) if (entry.by !== 'world') expect(entry.time).toBe(made[index - 1]?.time ?? entry.time)
  })

  test('remaps causes: an answer still points to the question that it answers', async () => {
    const { made } = await accepted(program(), program({ before: () => [emit('a'), emit('b'), emit('c')] }))
    const answer = made.find(({ type }) => type === 'step_result')
    expect(made.find(({ seq }) => seq === answer?.cause)).toMatchObject({ type: 'step_started', data: { name: 'one' } })
  })

  test('names the run and the place where it begins to differ as its parent, and says how it ended', async () => {
    const { made, old, run, verdict } = await accepted(program(), program({ after: () => emit('after') }))
    const [header] = old
    const seed = header?.type === 'run_started' && header.data.seed
    expect(made[0]).toMatchObject({ data: { run, parent: { run: 'old', seq: verdict.divergences[0]?.seq }, seed } })
    expect(made.at(-1)).toMatchObject({ type: 'run_ended', data: { outcome: 'completed', result: 1 } })
  })

  test('leaves out answers to what is not asked any more', async () => {
    const { made } = await accepted(program({ before: () => step('dropped', () => 2) }), program())
    expect(made.filter(({ type }) => type === 'step_result')).toHaveLength(1)
  })

  test('ends where the new behaviour ends', async () => {
    const early = agentProcess('main', async () => 'at once')
    const { made } = await accepted(program(), early)
    expect(made.map(({ type }) => type)).toEqual(['run_started', 'process_spawned', 'process_done', 'run_ended'])
  })

  test('has nothing to do for the same behaviour', async () => {
    const folder = tempFolder()
    const path = await keep(program(), folder, 'old', { reply })
    expect(await acceptReplay(program(), path)).toMatchObject({ run: null, verdict: { verdict: 'identical' } })
    expect(readdirSync(folder)).toEqual(['old'])
  })

  test('writes into another store when asked', async () => {
    const [folder, other] = [tempFolder(), tempFolder()]
    const path = await keep(program(), folder, 'old', { reply })
    const { run } = await acceptReplay(program({ before: () => emit('new') }), path, { into: jsonlStore(other) })
    expect([readdirSync(folder), readdirSync(other)]).toEqual([['old'], [run]])
  })

  test.for([
    ['a question that nobody answered', () => step('new', () => 1), /waits for .*step new/],
    ['a timer that never fired', () => sleep(5), /waits for .*timer/],
  ] as const)('refuses %s, and writes nothing', async ([, before, message]) => {
    const folder = tempFolder()
    const path = await keep(program(), folder, 'old', { reply })
    await expect(acceptReplay(program({ before }), path)).rejects.toMatchObject({
      code: 'ERR_ACCEPT',
      message: expect.stringMatching(message),
    })
    expect(readdirSync(folder)).toEqual(['old'])
  })

  test('refuses behaviour that differs from one rerun to the next', async () => {
    const folder = tempFolder()
    const path = await keep(program(), folder, 'old', { reply })
    let count = 0
    const fickle = program({ before: () => emit('count', (count += 1)) })
    await expect(acceptReplay(fickle, path)).rejects.toMatchObject({
      code: 'ERR_ACCEPT',
      message: expect.stringMatching(/decides otherwise again/),
    })
    expect(readdirSync(folder)).toEqual(['old'])
  })
})
