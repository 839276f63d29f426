/** Every way in which a log can end, or be damaged. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Entry } from '../../src/log/events.ts'
import { jsonlStore } from '../../src/log/jsonl.ts'
import { memoryStore } from '../../src/log/memory.ts'
import { replay } from '../../src/replay/replay.ts'
import type { Verdict } from '../../src/replay/verdict.ts'
import { agent } from '../../src/runtime/agent.ts'
import { scripted } from '../../src/runtime/driver-choice.ts'
import { sleep, step } from '../../src/runtime/effects.ts'
import { agentProcess, done, emit, fail, spawn, wait } from '../../src/runtime/process.ts'
import { surroundedBy } from '../../src/runtime/surroundings.ts'

const driver = scripted(async (me) => {
  for await (const { text } of me.messages) await me.call('submit', { text }).catch(() => {})
})
const long = 'x'.repeat(70_000)

const check = agentProcess('check', async (text: string) => {
  emit('checking', await step('read', () => long + text))
  await sleep(1)
})

/** An agent, a handler that starts a child, timers, steps, a text that is kept beside the log. */
async function program(how: string): Promise<unknown> {
  const worker = await agent('worker', { driver })
  worker.on('submit', { input: { type: 'object', properties: { text: { type: 'string' } } } }, async ({ text }) => {
    await spawn(check, String(text)).result
    if (how === 'failed') fail('not good')
    if (how === 'completed') done(String(text))
    return 'checked'
  })
  await worker.send('begin')
  if (how === 'thrown') throw new TypeError('out of ideas')
  return wait() // root waits
}

const work = agentProcess('work', program, { timeoutMs: 60_000 })
/** The same, in a hurry. */
const hurried = agentProcess('work', program, { timeoutMs: 20 })

interface Recorded {
  readonly run: string
  readonly lines: readonly string[]
}

const outcomes = ['completed', 'failed', 'thrown', 'cancelled', 'timed_out'] as const
const home = mkdtempSync(join(tmpdir(), 'ramure-ends-'))
const recorded: Record<string, Recorded> = {}

beforeAll(() => Promise.all(outcomes.map(async (how) => (recorded[how] = await record(how)))))
afterAll(() => rmSync(home, { recursive: true, force: true }))

describe('a recording of a run that', () => {
  test.for(outcomes)('%s replays to the same end', async (how) => {
    const { run } = recorded[how] as Recorded
    const verdict = await replay(how === 'timed_out' ? hurried : work, join(home, run))
    const outcome = how === 'thrown' ? 'failed' : how
    expect(verdict).toMatchObject({ verdict: 'identical', recorded: { outcome }, rerun: { ended: true }, divergences: [], waiting: [] })
  })
})

describe('a recording that was cut off', () => {
  test.for(['completed', 'cancelled'] as const)('after any entry replays as far as it goes: %s', async (how) => {
    const { lines } = recorded[how] as Recorded
    for (let kept = 1; kept < lines.length; kept += 1) {
      const verdict = await replayLog(`${lines.slice(0, kept).join('\n')}\n`)
      expect(verdict, `${kept} entries`).toMatchObject({
        verdict: 'identical',
        recorded: { entries: kept, outcome: null },
        divergences: [],
      })
      // Whatever had not ended waits for something, and says where.
      if (!verdict.rerun.ended) expect(verdict.waiting.length, `${kept} entries`).toBeGreaterThan(0)
    }
  })

  test('at any byte replays like one that was cut off after its last whole entry', async () => {
    const text = readFileSync(join(home, (recorded.completed as Recorded).run, 'events.jsonl'))
    const lineEnds = [...text.keys()].filter((at) => text[at] === 10)
    await fc.assert(
      fc.asyncProperty(fc.nat(text.length - 1), async (bytes) => {
        const whole = lineEnds.filter((at) => at < bytes).length
        const verdict = await replayLog(text.subarray(0, bytes))
        if (whole === 0) expect(verdict).toMatchObject({ verdict: 'cannot_tell' })
        else expect(verdict).toMatchObject({ verdict: 'identical', recorded: { entries: whole } })
      }),
      { numRuns: 40 },
    )
  })

  test('names what every scope and every call waited for, since when, and on which line', async () => {
    const { lines } = recorded.completed as Recorded
    const asked = lines.findIndex((line) => line.includes('"type":"timer_set"') && line.includes('check'))
    const { waiting } = await replayLog(`${lines.slice(0, asked + 1).join('\n')}\n`)
    const shown = waiting.map(({ kind, label, scope, site, since }) => [kind, label, scope, lineText(site?.line), since !== null])
    const handler = '/work#0/on:tool(worker,submit)#0'
    expect(shown).toEqual([
      ['timer', 'timeout', '/work#0', '', true],
      ['tool_call', 'worker.submit', '/work#0', expect.stringContaining("worker.on('submit'"), true],
      ['timer', 'sleep', `${handler}/check#0`, expect.stringContaining('await sleep(1)'), true],
      ['wait', 'done() or fail()', '/work#0', expect.stringContaining('// root waits'), false],
    ])
  })

  test('still finds what is different before the cut', async () => {
    const { lines } = recorded.completed as Recorded
    const text = `${lines.slice(0, -3).join('\n')}\n`.replace('"text":"begin"', '"text":"start"')
    expect(await replayLog(text)).toMatchObject({ verdict: 'diverged', divergences: [{ class: 'changed', changes: [{ path: 'text' }] }] })
  })
})

describe('nothing is said about', () => {
  const edited = (edit: (lines: string[]) => readonly string[]) => `${edit([...(recorded.completed as Recorded).lines]).join('\n')}\n`
  const cases: readonly (readonly [name: string, code: string, text: () => string])[] = [
    ['an empty log', 'ERR_LOG_EMPTY', () => ''],
    ['a log of one torn line', 'ERR_LOG_EMPTY', () => '{"seq":1,"ti'],
    ['a file that is no log', 'ERR_LOG_CORRUPT', () => 'Dear diary,\ntoday nothing happened.\n'],
    ['a log without its first line', 'ERR_LOG', () => edited((lines) => lines.slice(1))],
    ['a log with an unreadable line in the middle', 'ERR_LOG_CORRUPT', () => edited((lines) => lines.with(7, '{"seq":8,garbage}'))],
    ['a log that lacks a line in the middle', 'ERR_LOG_CORRUPT', () => edited((lines) => lines.toSpliced(7, 1))],
    ['a log with a line twice', 'ERR_LOG_CORRUPT', () => edited((lines) => lines.toSpliced(7, 0, lines[7] ?? ''))],
    ['a type of entry that is not known', 'ERR_LOG_UNKNOWN_TYPE', () => edited((lines) => lines.map(renameEmit))],
    ['a newer version of the format', 'ERR_LOG_NEWER', () => edited((lines) => lines.with(0, (lines[0] ?? '').replace('"v":1', '"v":2')))],
  ]

  test.for(cases)('%s', async ([, code, text]) => {
    const verdict = await replayLog(text())
    expect(verdict.verdict).toBe('cannot_tell')
    expect(verdict.reason?.code).toContain(code)
    expect(verdict.reason?.message).toMatch(/^[A-Z][^]*\.$/)
  })

  test('a recording whose long text is gone', async () => {
    const { lines } = recorded.completed as Recorded
    expect(lines.join('')).toContain('$blob')
    const verdict = await replayLog(`${lines.join('\n')}\n`, { blobs: false })
    expect(verdict).toMatchObject({
      verdict: 'cannot_tell',
      reason: { code: 'ERR_LOG_CORRUPT', message: expect.stringMatching(/blob|text/) },
    })
  })

  test('a log that may not be read', async () => {
    const store = memoryStore()
    const denied = Object.assign(new Error("EACCES: permission denied, open '/home/other/events.jsonl'"), { code: 'EACCES' })
    const refusing = { ...store, read: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(denied) }) }) }
    const verdict = await replay(work, 'still-wren-00000000', { store: refusing })
    expect(verdict).toMatchObject({ verdict: 'cannot_tell', reason: { message: expect.stringContaining('permission denied') } })
  })

  test('a folder that is not there', async () => {
    expect(await replay(work, join(home, 'no-such-run-00000000'))).toMatchObject({
      verdict: 'cannot_tell',
      reason: { code: 'ERR_RUN_NOT_FOUND' },
    })
  })
})

test('a recording of its first line alone says what the program does first', async () => {
  const [header = ''] = (recorded.completed as Recorded).lines
  const verdict = await replayLog(`${header}\n`)
  expect(verdict).toMatchObject({ verdict: 'identical', recorded: { entries: 1, inputs: 0, outputs: 0 } })
  expect(verdict.waiting.map(({ kind, label }) => `${kind} ${label}`)).toContain('agent worker')
})

async function record(how: (typeof outcomes)[number]): Promise<Recorded> {
  const stop = new AbortController()
  let run = ''
  const onEntry = (entry: Entry, id: string) => {
    run = id
    if (how === 'cancelled' && entry.type === 'emit') stop.abort('enough')
  }
  const around = { store: jsonlStore(home), signal: stop.signal, onEntry, env: { RAMURE_HOME: join(home, 'home') } }
  await Promise.allSettled([surroundedBy(around, how === 'timed_out' ? hurried : work, how)])
  const lines = readFileSync(join(home, run, 'events.jsonl'), 'utf8')
    .trim()
    .split('\n')
  return { run, lines }
}

/** Replays a log made of `text`, with the long texts of the first recording beside it. */
async function replayLog(text: string | Uint8Array, { blobs = true } = {}): Promise<Verdict> {
  const folder = mkdtempSync(join(home, 'cut-'))
  const run = join(folder, (recorded.completed as Recorded).run)
  mkdirSync(run)
  writeFileSync(join(run, 'events.jsonl'), text)
  for (const { run: from } of blobs ? Object.values(recorded) : []) copyBlobs(join(home, from, 'blobs'), join(run, 'blobs'))
  try {
    return await replay(work, run)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function copyBlobs(from: string, to: string): void {
  if (existsSync(from)) cpSync(from, to, { recursive: true })
}

const source = readFileSync(import.meta.filename, 'utf8').split('\n')

function lineText(line: number | undefined): string {
  return line === undefined ? '' : (source[line - 1] ?? '')
}

function renameEmit(line: string): string {
  return line.replace('"type":"emit"', '"type":"emitted_in_colour"')
}
