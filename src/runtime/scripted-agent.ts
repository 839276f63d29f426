/** Plays a scripted agent: a driver whose process is a function, and whose link is a list of entries. */
import { randomUUID } from 'node:crypto'
import type { Entry, EntryOf } from '../log/events.ts'
import { toJson } from '../log/json.ts'
import type { AgentDriver, AgentExit, LaunchSpec } from '../machines/driver.ts'
import type { ClientEvent } from '../wire/host.ts'
import { type Deferred, deferred } from './deferred.ts'
import type { ScriptedAgent, ScriptedDriver, ScriptedMessage } from './driver-choice.ts'
import { outside } from './outside.ts'

/** What connects the function with the run: the same events and entries that go over a socket. */
export interface ScriptedLink {
  receive(agent: string, event: ClientEvent): void
  /** Calls back with each written entry of the agent from now on; returns how to stop. */
  subscribe(agent: string, listener: (entry: Entry) => void): () => void
  /** Where the function runs; default: outside of every scope. */
  readonly inside?: <R>(agent: string, fn: () => R) => R
}

export function scriptedDriver(driver: ScriptedDriver, link: ScriptedLink): AgentDriver {
  return {
    name: 'scripted',
    can: { steer: true, lateTools: true, attach: false, usage: true },
    async launch(spec) {
      const exit = deferred<AgentExit>()
      const player = (link.inside ?? ((_, fn) => outside(fn)))(spec.agent, () => {
        const started = startPlayer(spec, link, exit)
        void play(driver, started, exit)
        return started
      })
      return {
        tmuxSession: null,
        pid: null,
        exited: exit.promise,
        stop() {
          player.leave(new Error(`Agent '${spec.agent}' was shut down.`))
          exit.resolve({ code: 0, signal: null, lastWords: '' })
          return exit.promise
        },
      }
    },
  }
}

interface Player {
  readonly me: ScriptedAgent
  readonly registered: Promise<void>
  leave(reason: Error): void
}

class Crash extends Error {
  readonly exitCode: number
  constructor(exitCode: number) {
    super(`crashed with code ${exitCode}`)
    this.exitCode = exitCode
  }
}

async function play(driver: ScriptedDriver, player: Player, exit: Deferred<AgentExit>): Promise<void> {
  try {
    await player.registered
    await driver.play(player.me)
  } catch (error) {
    if (player.me.signal.aborted) return
    player.leave(error as Error)
    const code = error instanceof Crash ? error.exitCode : 1
    exit.resolve({ code, signal: null, lastWords: error instanceof Crash ? '' : String((error as Error)?.stack ?? error) })
  }
}

function startPlayer(spec: LaunchSpec, link: ScriptedLink, exit: Deferred<AgentExit>): Player {
  const stop = new AbortController()
  const boot = randomUUID()
  const calls = new Map<string, Deferred<unknown>>()
  const inbox: EntryOf<'message'>[] = []
  const readers: Deferred<ScriptedMessage>[] = []
  const tools = new Set<string>()
  const registered = deferred<void>()
  let sent = 0
  const send = (type: string, data: ClientEvent['data']) => {
    if (stop.signal.aborted) return
    sent += 1
    link.receive(spec.agent, { type, data, id: `${boot}:${sent}` })
  }
  const give = () => {
    for (let message = inbox[0]; message && readers.length > 0; message = inbox[0]) {
      inbox.shift()
      send('message_applied', { aseq: message.aseq ?? 0 })
      const { text, from } = message.data
      readers.shift()?.resolve({ text, ...(from !== undefined && { from }) })
    }
  }
  const onEntry = (entry: Entry) => {
    if (entry.type === 'registered') {
      for (const { name } of entry.data.tools) tools.add(name)
      registered.resolve()
    } else if (entry.type === 'tool_registered') tools.add(entry.data.name)
    else if (entry.type === 'tool_result') settle(calls, entry)
    else if (entry.type === 'message') {
      inbox.push(entry)
      give()
    }
  }
  const unsubscribe = link.subscribe(spec.agent, onEntry)
  const leave = (reason: Error) => {
    if (stop.signal.aborted) return
    unsubscribe()
    stop.abort(reason)
    for (const waiting of [registered, ...readers.splice(0), ...calls.values()]) waiting.reject(reason)
    calls.clear()
  }
  const next = () => {
    stop.signal.throwIfAborted()
    const reader = deferred<ScriptedMessage>()
    readers.push(reader)
    give()
    return reader.promise
  }
  const me: ScriptedAgent = {
    name: spec.agent,
    signal: stop.signal,
    next: async () => next(),
    messages: { [Symbol.asyncIterator]: () => messages(next, stop.signal) },
    async call(tool, params = {}) {
      stop.signal.throwIfAborted()
      const call_id = `${boot}:call${sent}`
      const call = deferred<unknown>()
      calls.set(call_id, call)
      send('tool_call', { call_id, tool, params: toJson(params) })
      return call.promise
    },
    get tools() {
      return [...tools]
    },
    report: (type, data = {}) => send(type, toJson(data) as ClientEvent['data']),
    crash(code = 1): never {
      throw new Crash(code)
    },
  }
  exit.promise.finally(() => unsubscribe()).catch(() => {})
  send('register', { execution_id: spec.run, boot })
  return { me, registered: registered.promise, leave }
}

function settle(calls: Map<string, Deferred<unknown>>, { data }: EntryOf<'tool_result'>): void {
  const call = calls.get(data.call_id)
  calls.delete(data.call_id)
  if (data.error !== undefined) call?.reject(new Error(data.error))
  else call?.resolve(data.result)
}

/** What `next` gives, until the agent is shut down. */
export async function* messages(next: () => Promise<ScriptedMessage>, signal: AbortSignal): AsyncGenerator<ScriptedMessage> {
  for (;;) {
    const message = await next().catch((error: unknown) => {
      if (signal.aborted) return null
      throw error
    })
    if (message === null) return
    yield message
  }
}
