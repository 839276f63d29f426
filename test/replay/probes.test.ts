import '../fixtures/kept-before.ts'

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { memoryStore } from '../../src/log/memory.ts'
import { isReason, loadRecording } from '../../src/replay/recording.ts'
import { type ReplayOptions, replayRecording } from '../../src/replay/replay.ts'
import type { DivergenceClass, Verdict } from '../../src/replay/verdict.ts'
import type { Definition } from '../../src/runtime/lifecycle.ts'
import { recordSimulated } from '../runtime/simulated-world.ts'
import { type Edit, edits } from './probe-programs.ts'

interface Expected {
  readonly class: DivergenceClass
  /** Default: the root process. */
  readonly scope?: string
  /** Type and part of the data of each side. */
  readonly recorded: Side
  readonly now: Side
  /** `field: recorded -> now`. */
  readonly changes?: readonly string[]
}

type Side = readonly [type: string, data?: object] | null

const handler = '/main#0/on:tool(worker,submit)#0'
const worker = ['agent_created', { driver: 'default' }] as const

const expected: Readonly<Record<keyof typeof edits, Expected>> = {
  'renamed tool': { class: 'extra', recorded: ['tool_registered', { name: 'submit' }], now: ['tool_registered', { name: 'hand_in' }] },
  'renamed step': { class: 'extra', recorded: ['step_started', { name: 'build' }], now: ['step_started', { name: 'compile' }] },
  'renamed agent': { class: 'extra', recorded: worker, now: worker },
  'renamed event': { class: 'extra', recorded: ['emit', { event: 'started' }], now: ['emit', { event: 'begun' }] },
  'renamed endpoint': {
    class: 'extra',
    recorded: ['endpoint_exposed', { endpoint: 'count' }],
    now: ['endpoint_exposed', { endpoint: 'total' }],
  },
  'renamed child': {
    class: 'extra',
    scope: '/main#0/grandchild#0',
    recorded: ['process_spawned', { process: 'child' }],
    now: ['process_spawned', { process: 'grandchild' }],
  },
  'inserted output': { class: 'extra', recorded: null, now: ['emit', { event: 'two' }] },
  'removed output': { class: 'missing', recorded: ['emit', { event: 'two' }], now: null },
  'swapped commands': {
    class: 'reordered',
    recorded: ['exec_started', { command: 'make one' }],
    now: ['exec_started', { command: 'make one' }],
  },
  'swapped children': {
    class: 'changed',
    scope: '/main#0/child#0',
    recorded: ['process_spawned', { args: [1] }],
    now: ['process_spawned', { args: [2] }],
    changes: ['args.0: 1 -> 2'],
  },
  'changed argument': {
    class: 'changed',
    recorded: ['exec_started', { command: 'npm test' }],
    now: ['exec_started', { command: 'npm run test' }],
    changes: ['command: "npm test" -> "npm run test"'],
  },
  'changed message': {
    class: 'changed',
    recorded: ['message', { text: 'be quick' }],
    now: ['message', { text: 'be thorough' }],
    changes: ['text: "be quick" -> "be thorough"'],
  },
  'changed result': {
    class: 'outcome',
    recorded: ['process_done', { result: { lines: 12, ok: true } }],
    now: ['process_done', { result: { lines: 13, ok: true } }],
    changes: ['result.lines: 12 -> 13'],
  },
  'early return': { class: 'outcome', recorded: ['timer_set', { ms: 5 }], now: ['process_done', { result: 'done' }] },
  'throw instead of return': {
    class: 'outcome',
    recorded: ['process_done', { result: 'fine' }],
    now: ['process_failed', { error: { name: 'TypeError', message: 'not fine' } }],
  },
  'changed error message': {
    class: 'outcome',
    recorded: ['process_failed', { error: { message: 'no builder' } }],
    now: ['process_failed', { error: { message: 'no reviewer' } }],
    changes: ['error.message: "no builder" -> "no reviewer"'],
  },
  'extra timer': { class: 'extra', recorded: null, now: ['timer_set', { ms: 1000 }] },
  'removed timer': { class: 'missing', recorded: ['timer_set', { ms: 1000 }], now: null },
  'longer timer': { class: 'changed', recorded: ['timer_set', { ms: 10 }], now: ['timer_set', { ms: 20 }], changes: ['ms: 10 -> 20'] },
  'changed branch': {
    class: 'extra',
    scope: handler,
    recorded: ['message', { text: 'again 1' }],
    now: ['fail', { reason: 'too many rounds' }],
  },
  'changed reply': {
    class: 'changed',
    scope: handler,
    recorded: ['tool_result', { result: 'Sent.' }],
    now: ['tool_result', { result: 'Sent to review.' }],
    changes: ['result: "Sent." -> "Sent to review."'],
  },
  'changed payload': {
    class: 'changed',
    recorded: ['emit', { data: { part: 1, of: 2 } }],
    now: ['emit', { data: { part: 1, of: 3 } }],
    changes: ['data.of: 2 -> 3'],
  },
  'reordered sends': { class: 'reordered', recorded: ['message', { text: 'first' }], now: ['message', { text: 'first' }] },
  'reordered across scopes': {
    class: 'reordered',
    scope: '/main#0/branch(left)#0',
    recorded: ['emit', { event: 'left' }],
    now: ['emit', { event: 'left' }],
  },
  'added endpoint': { class: 'extra', recorded: null, now: ['endpoint_exposed', { endpoint: 'status' }] },
  'random agent name': { class: 'extra', recorded: worker, now: worker },
  'random kept from before the run': { class: 'changed', recorded: ['emit', { event: 'chance' }], now: ['emit', { event: 'chance' }] },
  'clock kept from before the run': { class: 'changed', recorded: ['emit', { event: 'clock' }], now: ['emit', { event: 'clock' }] },
  'timer kept from before the run': { class: 'leak', recorded: ['emit', { event: 'after' }], now: null },
  'another tool schema': {
    class: 'changed',
    recorded: ['tool_registered', { parameters: { properties: { n: { type: 'number' } } } }],
    now: ['tool_registered', { parameters: { type: 'object' } }],
    changes: ['parameters.properties.n: {"type":"number"} -> undefined'],
  },
  'extra child': { class: 'extra', scope: '/main#0/child#0', recorded: null, now: ['process_spawned', { args: [3] }] },
  'fail instead of done': { class: 'extra', recorded: ['done', { value: 1 }], now: ['fail', { reason: 'no' }] },
  'extra connection': { class: 'extra', recorded: null, now: ['connection_added', { a: 'a', b: 'b' }] },
  'system prompt added': { class: 'changed', recorded: worker, now: worker, changes: ['system_prompt: false -> true'] },
  'another model': { class: 'changed', recorded: worker, now: worker, changes: ['model: "local/small" -> "local/large"'] },
  'a wait that nothing ends': { class: 'stuck', recorded: ['done', { value: 1 }], now: ['wait'] },
  'a promise that nothing settles': { class: 'stuck', recorded: ['process_done'], now: ['unrecorded'] },
}

/** What depends on chance has no values that could be named. */
const RANDOM: readonly string[] = ['random agent name', 'random kept from before the run', 'clock kept from before the run']

describe('a replay of an edited program names what, where and beside what', () => {
  test.for(Object.entries(edits) as [keyof typeof edits, Edit][])('%s', async ([name, edit]) => {
    const wanted = expected[name]
    const [first] = (await replayEdit(edit, { exact: name === 'reordered across scopes' })).divergences
    expect(first).toMatchObject({ class: wanted.class, scope: wanted.scope ?? '/main#0' })
    for (const side of ['recorded', 'now'] as const) {
      if (wanted[side] === null) expect(first?.[side]).toBeNull()
      else expect(first?.[side]).toMatchObject({ type: wanted[side][0], data: wanted[side][1] ?? {} })
    }
    const changes = first?.changes.map(({ path, recorded, now }) => `${path}: ${JSON.stringify(recorded)} -> ${JSON.stringify(now)}`)
    if (!RANDOM.includes(name)) expect(changes).toEqual(wanted.changes ?? [])
    expect(first?.site?.line ?? null, 'the line that does something else').toBe(marked('here', name))
    expect(first?.after?.site?.line ?? null, 'the last line that was the same').toBe(
      marked('last', name) ?? first?.after?.site?.line ?? null,
    )
    if (first?.site) expect(first.site.file).toBe(programs)
  })
})

describe('a replay of an edited program', () => {
  test('is identical when only the order of different scopes changed, unless it is asked to be exact', async () => {
    expect(await replayEdit(edits['reordered across scopes'])).toMatchObject({ verdict: 'identical', divergences: [] })
  })

  test('is identical when nothing was edited', async () => {
    for (const [name, { recorded }] of Object.entries(edits)) {
      if (RANDOM.includes(name) || name.startsWith('timer kept')) continue
      expect(await replayEdit({ recorded, now: recorded }, { exact: true }), name).toMatchObject({ verdict: 'identical', divergences: [] })
    }
  })

  test('reads one insertion as one difference, whatever comes after it', async () => {
    const { divergences, rerun, recorded } = await replayEdit(edits['inserted output'], { lenient: true })
    expect(divergences).toHaveLength(1)
    expect(rerun).toMatchObject({ matched: recorded.outputs, ended: true })
  })

  test('lists what is inside an extra child as one difference', async () => {
    expect((await replayEdit(edits['extra child'], { lenient: true })).divergences).toHaveLength(1)
  })

  test('tells an edit from chance by replaying twice', async () => {
    expect((await replayEdit(edits['changed payload'])).reruns).toBe('agree')
    for (const name of RANDOM)
      expect(await replayEdit(edits[name as keyof typeof edits])).toMatchObject({ cause: 'nondeterminism', reruns: 'disagree' })
  })
})

const programs = fileURLToPath(new URL('probe-programs.ts', import.meta.url))
const lines = readFileSync(programs, 'utf8').split('\n')

function marked(kind: 'here' | 'last', name: string): number | null {
  return lines.findIndex((line) => line.endsWith(`// ${kind}: ${name}`)) + 1 || null
}

async function replayEdit({ recorded, now }: Edit, options: ReplayOptions = {}): Promise<Verdict> {
  const store = memoryStore()
  await recordSimulated(definition(recorded), { seed: 1, store, reply: () => [{ tool: 'submit', params: { n: 1 } }], inputsMax: 40 })
  const loaded = await loadRecording(store, 'still-wren-00000000')
  if (isReason(loaded)) throw new Error(loaded.message)
  return replayRecording(definition(now), loaded, options)
}

function definition(fn: () => Promise<unknown>): Definition {
  return { name: 'main', fn, image: undefined, timeoutMs: undefined }
}
