/**
 * A log as a long run leaves it, of any length: forty agents at a time that come and go, turns, tool calls with texts from a
 * line to some kilobytes, usage, messages, commands, timers. Always the same for the same number of entries.
 */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { encodeEntry } from '../../src/log/codec.ts'
import type { Draft, Entry, Json } from '../../src/log/events.ts'

const START_MS = Date.UTC(2026, 10, 21, 0, 0, 0)
const AGENTS = 40
/** An agent leaves after so many turns, and another takes its place. */
const TURNS_PER_AGENT = 90
/** Entries of an agent's own before its first turn, and in each turn. */
const [ENTRIES_BEFORE, ENTRIES_PER_TURN] = [4, 26]
const WORDS = 'The tests of "auth" fail:\n  expected 401 → got 200.\nLook at the middleware’s order, then run them again. '

/** Writes `<folder>/<run>/events.jsonl` with `count` entries; returns its path. The run has ended unless `open`. */
export function writeLongLog(folder: string, run: string, count: number, { open = false } = {}): string {
  mkdirSync(join(folder, run), { recursive: true, mode: 0o700 })
  const path = join(folder, run, 'events.jsonl')
  const fd = openSync(path, 'w', 0o600)
  try {
    let text = ''
    for (const entry of longLog(run, count, open)) {
      text += `${encodeEntry(entry, JSON.stringify(entry.data))}\n`
      if (text.length < 1 << 20) continue
      writeSync(fd, text)
      text = ''
    }
    writeSync(fd, text)
  } finally {
    closeSync(fd)
  }
  return path
}

/** The entries themselves. */
export function* longLog(run: string, count: number, open = false): Generator<Entry> {
  const asSeq = new Map<string, number>()
  let seq = 0
  const placed = (draft: Draft): Entry => {
    seq += 1
    const aseq = draft.agent === undefined ? undefined : (asSeq.get(draft.agent) ?? 0) + 1
    if (draft.agent !== undefined && aseq !== undefined) asSeq.set(draft.agent, aseq)
    const { type, by, scope, data, ...rest } = draft
    const place = { seq, time: new Date(START_MS + seq * 37).toISOString(), type, by, scope }
    // A draft with its place is an entry.
    return { ...place, ...rest, ...(aseq === undefined ? {} : { aseq }), data } as Entry
  }
  for (const draft of drafts(run)) {
    if (seq === count - 1 && !open) break
    yield placed(draft)
    if (seq === count) return
  }
  yield placed({
    type: 'run_ended',
    by: 'runtime',
    scope: '/',
    data: { outcome: 'completed', result: 'all done', duration_ms: count * 37 },
  })
}

function* drafts(run: string): Generator<Draft> {
  yield header(run)
  yield { type: 'process_spawned', by: 'program', scope: '/night#0', data: { process: 'night', args: ['fix everything'], mode: 'call' } }
  const workers = Array.from({ length: AGENTS }, (_, slot) => life(slot, 0))
  const generations = workers.map(() => 0)
  for (;;) {
    for (let slot = 0; slot < AGENTS; slot += 1) {
      // One turn of one agent, then the next one's.
      const next = workers[slot]?.next()
      if (next?.value) yield* next.value
      if (next?.done === true) workers[slot] = life(slot, (generations[slot] = (generations[slot] ?? 0) + 1))
    }
  }
}

/** The life of one agent in a process of its own, one list of drafts a turn. */
function* life(slot: number, generation: number): Generator<readonly Draft[], undefined> {
  const agent = `worker-${slot}-${generation}`
  const scope = `/night#0/fix#${generation * AGENTS + slot}`
  const own = (type: Draft['type'], by: Draft['by'], data: unknown) => ({ type, by, scope, agent, data }) as Draft
  yield [
    { type: 'process_spawned', by: 'program', scope, data: { process: 'fix', args: [agent], mode: 'spawn' } },
    own('agent_created', 'program', { machine: 'local', system_prompt: true, model: 'some/model', driver: 'pi' }),
    own('agent_spawned', 'runtime', { tmux_session: `ramure-${agent}`, driver: 'pi', pid: 1000 + slot }),
    own('register', 'world', { execution_id: 'x', boot: 'b1', pid: 1000 + slot }),
    own('registered', 'program', { tools: [{ name: 'submit', description: 'Hand in.', parameters: { type: 'object' } }] }),
  ]
  for (let turn = 0; turn < TURNS_PER_AGENT; turn += 1) yield [...turnOf(own, turn, slot)]
  yield [
    own('shutdown', 'program', {}),
    own('agent_exited', 'world', { cause: 'shutdown', code: 0, by: 'ramure' }),
    { type: 'process_done', by: 'program', scope, data: { result: 'fixed' } },
  ]
  return undefined
}

function* turnOf(own: (type: Draft['type'], by: Draft['by'], data: unknown) => Draft, turn: number, slot: number): Generator<Draft> {
  const text = (times: number): Json => WORDS.repeat(times)
  // Most texts are short, some are long.
  const size = (turn * 7 + slot) % 16 === 0 ? 30 : 1 + ((turn + slot) % 4)
  yield own('message', 'program', { text: text(1 + (turn % 3)), delivery: 'steer' })
  yield own('turn_start', 'world', { turn })
  yield own('message_applied', 'world', { aseq: 1 + ENTRIES_BEFORE + turn * ENTRIES_PER_TURN })
  for (let step = 0; step < 3; step += 1) {
    const id = `call-${turn}-${step}`
    yield own('message_start', 'world', { role: 'assistant' })
    yield own('message_end', 'world', { role: 'assistant', text: text(size) })
    yield own('usage', 'world', {
      model: 'some/model',
      input_tokens: 1200 + turn,
      output_tokens: 310,
      cache_read_tokens: 9000,
      cache_write_tokens: 0,
      total_tokens: 10510 + turn,
      cost: { input: 0.001, output: 0.002, total: 0.003 },
    })
    yield own('pi_tool_start', 'world', {
      tool_call_id: id,
      tool: step === 2 ? 'submit' : 'bash',
      args: { command: 'npm test', note: text(1) },
    })
    if (step === 2) {
      yield own('tool_call', 'world', { call_id: id, tool: 'submit', params: { code: text(size), attempt: turn } })
      yield own('tool_result', 'program', { call_id: id, result: `Sent to review, round ${turn}.` })
    } else {
      yield own('agent_activity', 'world', { event: 'tool_execution_update', data: { toolCallId: id, partial: text(size) } })
    }
    yield own('pi_tool_result', 'world', { tool_call_id: id, tool: 'bash', text: text(size) })
    yield own('pi_tool_end', 'world', { tool_call_id: id, tool: step === 2 ? 'submit' : 'bash', is_error: turn % 9 === 0 })
  }
  yield own('turn_end', 'world', { turn })
}

function header(run: string): Draft {
  return {
    type: 'run_started',
    by: 'runtime',
    scope: '/',
    data: {
      v: 1,
      run,
      ramure: '0.1.0',
      flags: [],
      seed: '0'.repeat(32),
      process: 'night',
      root: 0,
      args: ['fix everything'],
      summary: null,
      program: '/work/night.ts',
      argv: ['node', 'night.ts'],
      cwd: '/work',
      pid: 4242,
      host: 'here',
      node: 'v24.0.0',
      tz: 'UTC',
      server_url: 'ws://127.0.0.1:7000',
      code: { commit: null, dirty: null, files: {} },
      parent: null,
    },
  }
}
