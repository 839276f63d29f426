/**
 * What handing over inputs costs: tool calls through the dispatcher to a handler that answers at once, two entries
 * recorded for each, beside the floor it stands on: one empty `setImmediate` turn. And the same recording rerun.
 * `node bench/dispatch.ts [--json] [--small]`.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runLog } from '../src/log/append.ts'
import type { Draft, Entry, EntryOf, RunStarted } from '../src/log/events.ts'
import { jsonlStore } from '../src/log/jsonl.ts'
import { memoryStore } from '../src/log/memory.ts'
import { redactor } from '../src/log/redact.ts'
import type { LogStore } from '../src/log/store.ts'
import { localImage } from '../src/machines/local.ts'
import { rerun } from '../src/replay/rerun.ts'
import { agent } from '../src/runtime/agent.ts'
import { dispatch } from '../src/runtime/dispatcher.ts'
import { patchGlobals } from '../src/runtime/globals.ts'
import { liveJournal } from '../src/runtime/journal.ts'
import { type Definition, startProcess } from '../src/runtime/lifecycle.ts'
import { turn } from '../src/runtime/outside.ts'
import { done, wait } from '../src/runtime/process.ts'
import { liveInbox } from '../src/runtime/rim.ts'
import { createRun } from '../src/runtime/run.ts'
import { middle, round2 } from './support/figures.ts'

export interface DispatchFigures {
  readonly name: string
  /** Inputs a second, median of the rounds. */
  readonly perSecond: number
  /** Microseconds per input. */
  readonly microseconds: number
  /** Microseconds per input over the floor's. */
  readonly overFloor: number
}

/** Measures all cases, interleaved; `small` makes one short round. */
export async function run({ small }: { readonly small: boolean }): Promise<readonly DispatchFigures[]> {
  const rounds = small ? 1 : 7
  const inputs = small ? 500 : 20_000
  const seconds = new Map<string, number[]>(NAMES.map((name) => [name, []]))
  const note = (name: (typeof NAMES)[number], ms: number) => void seconds.get(name)?.push(ms)
  for (let round = 0; round < rounds; round += 1) {
    note('one turn', await timed(() => turns(inputs)))
    let recording: readonly Entry[] = []
    note('tool call, memory', await timed(async () => void (recording = await calls(memoryStore(), inputs))))
    note('tool call, jsonl', await timed(() => inFolder((folder) => calls(jsonlStore(folder), inputs))))
    note('rerun', await timed(() => rerun(definition(inputs), recording)))
  }
  const floor = middle(seconds.get('one turn') ?? []) / inputs
  return NAMES.map((name) => {
    const each = middle(seconds.get(name) ?? []) / inputs
    return { name, perSecond: Math.round(1000 / each), microseconds: round2(each * 1000), overFloor: round2((each - floor) * 1000) }
  })
}

const NAMES = ['one turn', 'tool call, memory', 'tool call, jsonl', 'rerun'] as const
const RUN = 'still-wren-00000000'

async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) await turn()
}

function definition(inputs: number): Definition {
  const fn = async () => {
    const worker = await agent('worker')
    let seen = 0
    worker.on('report', { input: { type: 'object', properties: { n: { type: 'number' } } } }, ({ n }) => {
      seen += 1
      if (seen === inputs) done(seen)
      return n
    })
    return wait<number>()
  }
  return { name: 'main', image: undefined, timeoutMs: undefined, fn }
}

/** Records one run of `inputs` tool calls, all of them waiting from the start. */
async function calls(store: LogStore, inputs: number): Promise<readonly Entry[]> {
  patchGlobals()
  const log = runLog({ store, run: RUN, writer: store.create(RUN), clock: Date.now, redact: redactor({}) })
  const recording: Entry[] = []
  const header = log.append({ type: 'run_started', by: 'runtime', scope: '/', data: HEADER }) as EntryOf<'run_started'>
  const inbox = liveInbox()
  const push = (type: string, data: unknown) => inbox.push({ type, by: 'world', scope: '/main#0', agent: 'worker', data } as Draft)
  const written = (entry: Entry) => {
    if (entry.type === 'agent_created') push('register', { execution_id: RUN })
    if (entry.type === 'tool_registered')
      for (let n = 0; n < inputs; n += 1) push('tool_call', { call_id: `c${n}`, tool: 'report', params: { n } })
    if (entry.type === 'shutdown') push('agent_exited', { cause: 'shutdown', by: 'ramure' })
  }
  log.onWritten((entries) => void recording.push(...entries))
  const journal = liveJournal({ log, written })
  const parts = { id: RUN, header: header.data, directory: null, journal, rim: { abandon: () => {} }, defaultImage: localImage() }
  const state = createRun({ ...parts, startedMs: Date.parse(header.time) })
  await dispatch(state, inbox, () => {
    const end = () => inbox.close()
    startProcess(state, definition(inputs), [], null, 'call').result.promise.then(end, end)
  })
  await log.close()
  return recording
}

const HEADER: RunStarted = {
  v: 1,
  run: RUN,
  ramure: '0.0.0',
  flags: [],
  seed: '0'.repeat(32),
  process: 'main',
  root: 0,
  args: [],
  summary: null,
  program: null,
  argv: [],
  cwd: '/',
  pid: process.pid,
  host: 'bench',
  node: process.version,
  tz: 'UTC',
  server_url: null,
  code: { commit: null, dirty: null, files: {} },
  parent: null,
}

async function inFolder(act: (folder: string) => Promise<unknown>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ramure-bench-dispatch-'))
  try {
    await act(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now()
  await act()
  return performance.now() - startedMs
}

if (import.meta.main) {
  const results = await run({ small: process.argv.includes('--small') })
  if (process.argv.includes('--json')) console.log(JSON.stringify({ bench: 'dispatch', node: process.version, results }))
  else console.table(results)
}
