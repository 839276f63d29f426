/**
 * What handing over inputs costs: tool calls through the dispatcher to a handler that answers at once, two entries
 * recorded for each, beside the floor it stands on: one empty `setImmediate` turn. And the same recording rerun.
 * `node bench/dispatch.ts [--json [file]] [--small]`.
 */
import { mkdtempSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runLog } from '../src/log/append.ts'
import type { Draft, Entry, EntryOf, RunStarted } from '../src/log/events.ts'
import { jsonlStore } from '../src/log/jsonl.ts'
import type { WriteBytes } from '../src/log/jsonl-writer.ts'
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
import type { Bench, Figure } from './support/bench.ts'
import { main } from './support/main.ts'

const FLOOR = 'one turn'

export const bench: Bench = {
  name: 'dispatch',
  promises: [
    { what: 'a tool call through the loop, written', figure: 'tool call, JSONL', atMost: 40 },
    { what: 'writes to the file for each', figure: 'tool call, JSONL, writes', atMost: 1.01 },
    { what: 'the same call rerun', figure: 'rerun', atMost: 20 },
  ],
  run,
}

async function run({ small }: { readonly small: boolean }): Promise<readonly Figure[]> {
  const inputs = small ? 500 : 10_000
  const us: Record<string, number[]> = { [FLOOR]: [], 'tool call, memory': [], 'tool call, JSONL': [], rerun: [] }
  const writes: number[] = []
  for (let round = 0; round < (small ? 1 : 7); round += 1) {
    const note = (name: string, ms: number) => void us[name]?.push((ms * 1000) / inputs)
    let recording: readonly Entry[] = []
    let count = 0
    const counted: WriteBytes = (fd, bytes, offset, length) => {
      count += 1
      return writeSync(fd, bytes, offset, length)
    }
    note(FLOOR, await timed(() => turns(inputs)))
    note('tool call, memory', await timed(async () => void (recording = await calls(memoryStore(), inputs))))
    note('tool call, JSONL', await timed(() => inFolder((folder) => calls(jsonlStore(folder, { write: counted }), inputs))))
    note('rerun', await timed(() => rerun(definition(inputs), recording)))
    writes.push(count / inputs)
  }
  const figures = Object.entries(us).map(
    ([name, rounds]): Figure => ({ name, unit: 'us', rounds, ...(name !== FLOOR && { floor: FLOOR }) }),
  )
  return [...figures, { name: 'tool call, JSONL, writes', unit: 'count', rounds: writes }]
}

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

if (import.meta.main) await main(bench)
