/**
 * A world for tests: answers what a program asks, at moments that a seed decides, in bursts, out of order. Agents are
 * played by a plan: they register, and each message makes them call tools.
 */
import { runLog } from '../../src/log/append.ts'
import type { Draft, Entry } from '../../src/log/events.ts'
import { contentOf } from '../../src/log/file-content.ts'
import { memoryStore } from '../../src/log/memory.ts'
import { redactor } from '../../src/log/redact.ts'
import type { LogStore } from '../../src/log/store.ts'
import { localImage } from '../../src/machines/local.ts'
import { createDice, type Dice } from '../../src/runtime/dice.ts'
import { dispatch } from '../../src/runtime/dispatcher.ts'
import type { StepFunction } from '../../src/runtime/effects.ts'
import { patchGlobals } from '../../src/runtime/globals.ts'
import { liveJournal } from '../../src/runtime/journal.ts'
import { type Definition, startProcess } from '../../src/runtime/lifecycle.ts'
import { outside, real } from '../../src/runtime/outside.ts'
import { type LiveInbox, liveInbox } from '../../src/runtime/rim.ts'
import { createRun, type Run } from '../../src/runtime/run.ts'
import { idFrom } from '../../src/runtime/seed.ts'

export interface SimulatedOptions {
  /** Decides every delay and every call of the agents. */
  readonly seed: number
  readonly args?: readonly unknown[]
  /** What an agent calls when it gets a message: tool names; default: `tool0` to `tool2` at random, up to twice. */
  readonly reply?: (agent: string, text: string, dice: Dice) => readonly { tool: string; params: Record<string, unknown> }[]
  /** Where the run is kept; default in memory. */
  readonly store?: LogStore
  /** Plays part of the world itself: returns true for an entry that it has dealt with. */
  readonly play?: (entry: Entry, push: (draft: Draft) => void) => boolean
  readonly rest?: () => Promise<void>
  /** Give up after this many inputs: a program that never ends is stopped. */
  readonly inputsMax?: number
}

export interface Simulated {
  readonly entries: readonly Entry[]
  readonly result: PromiseSettledResult<unknown>
}

export async function recordSimulated(definition: Definition, options: SimulatedOptions): Promise<Simulated> {
  return outside(() => record(definition, options))
}

async function record(definition: Definition, options: SimulatedOptions): Promise<Simulated> {
  patchGlobals()
  const id = 'still-wren-00000000'
  const store = options.store ?? memoryStore()
  const log = runLog({ store, run: id, writer: store.create(id), clock: real.now, redact: redactor({}) })
  const entries: Entry[] = []
  log.onWritten((written) => void entries.push(...written))
  const seed = idFrom(String(options.seed), '/', 'run', 0)
  const header = log.append({ type: 'run_started', by: 'runtime', scope: '/', data: headerData(id, definition, seed, options.args ?? []) })
  if (header.type !== 'run_started') throw new Error('unreachable')
  const inbox = liveInbox()
  const world = simulatedWorld(inbox, createDice(idFrom(seed, '/world', 'dice', 0)), options)
  const journal = liveJournal({ log, written: world.written })
  const parts = { id, header: header.data, directory: null, journal, rim: { abandon: world.abandon }, defaultImage: localImage() }
  const run = createRun({ ...parts, startedMs: Date.parse(header.time) })
  world.attach(run)
  let result: Promise<unknown> = Promise.resolve()
  await dispatch(
    run,
    inbox,
    () => {
      result = startProcess(run, definition, options.args ?? [], null, 'call').result.promise
      const close = () => inbox.close()
      result.then(close, close)
    },
    options.rest,
  )
  log.append({ type: 'run_ended', by: 'runtime', scope: '/', data: { outcome: 'completed', duration_ms: 0 } })
  await log.close()
  const [settled] = await Promise.allSettled([result])
  return { entries, result: settled as PromiseSettledResult<unknown> }
}

function headerData(run: string, definition: Definition, seed: string, args: readonly unknown[]) {
  const code = { commit: null, dirty: null, files: {} }
  const host = { program: null, argv: [], cwd: '/', pid: 1, host: 'test', node: process.version, tz: 'UTC', server_url: null }
  return {
    v: 1,
    run,
    ramure: '0.0.0',
    flags: [],
    seed,
    process: definition.name,
    root: 0,
    args: args as never,
    summary: null,
    ...host,
    code,
    parent: null,
  }
}

function simulatedWorld(inbox: LiveInbox, dice: Dice, options: SimulatedOptions) {
  const gone = new Set<number>()
  let run: Run
  let pushed = 0
  const calls = new Map<string, number>()
  const names: string[] = []
  const push = (draft: Draft) => {
    pushed += 1
    if (pushed > (options.inputsMax ?? 400))
      inbox.push({ type: 'stop_requested', by: 'world', scope: '/', data: { caller: 'simulation', reason: 'too long' } })
    else inbox.push(draft)
  }
  const answer = (asked: Entry, type: Draft['type'], data: unknown) =>
    soon(dice, () => gone.has(asked.seq) || push({ type, by: 'world', scope: asked.scope, cause: asked.seq, data } as Draft))
  const fromAgent = (agent: string, scope: string, type: Draft['type'], data: unknown) =>
    soon(dice, () => push({ type, by: 'world', scope, agent, data } as Draft))
  const callTools = (agent: string, scope: string, text: string) => {
    const reply = options.reply ?? ((_agent: string, _text: string, of: Dice) => randomReply(names, of))
    for (const { tool, params } of reply(agent, text, dice)) {
      const nth = (calls.get(agent) ?? 0) + 1
      calls.set(agent, nth)
      fromAgent(agent, scope, 'tool_call', { call_id: `${agent}:${nth}`, tool, params })
    }
  }
  return {
    attach: (made: Run) => void (run = made),
    abandon: (seq: number) => void gone.add(seq),
    written(entry: Entry, payload: unknown) {
      if (options.play?.(entry, push)) return
      switch (entry.type) {
        case 'agent_created':
          names.push(entry.agent ?? '')
          return fromAgent(entry.agent ?? '', entry.scope, 'register', { execution_id: run.id })
        case 'message':
          // Now and then an agent is lost instead.
          if (options.reply === undefined && dice.uint32() % 16 === 0) {
            fromAgent(entry.agent ?? '', entry.scope, 'disconnected', {})
            return fromAgent(entry.agent ?? '', entry.scope, 'agent_exited', {
              cause: 'disconnected',
              by: 'unknown',
              message: 'It was lost.',
            })
          }
          return callTools(entry.agent ?? '', entry.scope, entry.data.text)
        case 'shutdown':
          return fromAgent(entry.agent ?? '', entry.scope, 'agent_exited', { cause: 'shutdown', by: 'ramure' })
        case 'timer_set':
          return answer(entry, 'timer_fired', { timer: entry.data.timer })
        case 'file_read_started':
          return answer(
            entry,
            'file_read',
            dice.uint32() % 4 === 0 ? refused(entry.data.path) : fileOf(`${entry.data.path} ${dice.uint32() % 5}`),
          )
        case 'file_write_started':
          return answer(entry, 'file_written', dice.uint32() % 4 === 0 ? refused(entry.data.path) : { bytes: entry.data.bytes })
        case 'endpoint_exposed':
          if (!entry.data.endpoint.startsWith('from-outside') || entry.scope !== '/main#0') return
          return soon(dice, () => push(callOf(entry.data.endpoint, `outside:${entry.seq}`)))
        case 'exec_started':
          return answer(entry, 'exec_result', { exit_code: dice.uint32() % 3, stdout: entry.data.command, stderr: '' })
        case 'step_started':
          return void Promise.resolve((payload as StepFunction)({ signal: new AbortController().signal })).then(
            (value) => answer(entry, 'step_result', { value: value ?? null }),
            (error) => answer(entry, 'step_result', { error: { name: 'Error', message: String(error.message) } }),
          )
        default:
      }
    },
  }
}

function refused(path: string) {
  return { error: { name: 'Error', message: `ENOSPC: ${path}`, code: 'ENOSPC' } }
}

function fileOf(text: string) {
  const bytes = Buffer.from(text)
  return { bytes: bytes.length, ...contentOf(bytes) }
}

function callOf(endpoint: string, call_id: string): Draft {
  return { type: 'endpoint_called', by: 'world', scope: '/main#0', data: { endpoint, kwargs: {}, caller: 'external:test', call_id } }
}

/** Tools of its own and of another process, one that it does not have, arguments that do not fit, and words to other agents. */
function randomReply(names: readonly string[], dice: Dice): readonly { tool: string; params: Record<string, unknown> }[] {
  const count = dice.uint32() % 3
  return Array.from({ length: count }, () => {
    const other = names[dice.uint32() % names.length] ?? 'nobody'
    switch (dice.uint32() % 8) {
      case 0:
        return { tool: 'x_use', params: { n: 1 } }
      case 1:
        return { tool: 'message', params: { receiver: other, message: 'hello' } }
      case 2:
        return { tool: 'send_file', params: { receiver: other, path: 'file' } }
      case 3:
        return { tool: `tool${dice.uint32() % 3}`, params: { n: 'no number' } }
      default:
        return { tool: `tool${dice.uint32() % 3}`, params: { n: dice.uint32() % 5 } }
    }
  })
}

/** Now, after a microtask, after some macrotasks, or a little later: as sockets and child processes do. */
function soon(dice: Dice, act: () => void): void {
  const kind = dice.uint32() % 4
  if (kind === 0) act()
  else if (kind === 1) queueMicrotask(act)
  else if (kind === 2) later(1 + (dice.uint32() % 3), act)
  else real.setTimeout(act, dice.uint32() % 2)
}

function later(turns: number, act: () => void): void {
  if (turns === 0) act()
  else real.setImmediate(() => later(turns - 1, act))
}
