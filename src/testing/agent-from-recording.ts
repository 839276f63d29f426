/** Plays an agent as it was recorded. */
import { RamureError } from '../log/error.ts'
import type { Entry, EntryOf, JsonObject } from '../log/events.ts'
import type { Part } from './cast.ts'
import type { SimulatedAgent } from './simulated-agent.ts'

/**
 * The part of the recorded agent `name`: the same calls and reports in the same order, each after as many messages and
 * answers as then, and as much later as then. A message that does not come this time is waited for. When the name was
 * used more than once, it is its first bearer. Throws ERR_UNKNOWN_AGENT when the recording has none.
 */
export function agentFromRecording(recording: readonly Entry[], name: string): Part {
  const life = lifeOf(recording, name)
  return async (me) => {
    const calls = new Map<string, Promise<unknown>>()
    let before = life[0] as Entry
    for (const entry of life) {
      const pauseMs = entry.by === 'world' && entry.type !== 'register' ? Date.parse(entry.time) - Date.parse(before.time) : 0
      // A message that it was waiting for has to come before the pause that followed.
      const wasWaiting = entry.type === 'message_applied' && before.type === 'message'
      if (pauseMs > 0 && !wasWaiting) await me.sleep(pauseMs)
      await play(me, entry, calls, life)
      if (pauseMs > 0 && wasWaiting) await me.sleep(pauseMs)
      before = entry
    }
  }
}

async function play(me: SimulatedAgent, entry: Entry, calls: Map<string, Promise<unknown>>, life: readonly Entry[]): Promise<void> {
  switch (entry.type) {
    case 'message_applied':
      await me.next()
      return
    case 'tool_call': {
      if (calls.has(entry.data.call_id)) return me.again()
      const answer = me.call(entry.data.tool, entry.data.params as JsonObject)
      answer.catch(() => {}) // A tool that fails is an answer like any other.
      calls.set(entry.data.call_id, answer)
      return
    }
    case 'tool_result':
      await calls.get(entry.data.call_id)?.catch(() => {})
      return
    case 'disconnected': {
      const back = life.find((later): later is EntryOf<'register'> => later.type === 'register' && later.seq > entry.seq)
      await me.disconnect(back ? Math.max(1, Date.parse(back.time) - Date.parse(entry.time)) : FOR_GOOD_MS)
      return
    }
    case 'agent_exited':
      // Whoever was shut down is shut down again, by the run.
      return entry.data.cause === 'shutdown' ? undefined : me.crash(entry.data.code ?? 1)
    case 'agent_activity':
      return me.report(entry.data.event, entry.data.data as JsonObject)
    default:
      if (entry.by === 'world' && entry.type !== 'register') me.report(entry.type, entry.data as JsonObject)
  }
}

/** Longer than any window of grace. */
const FOR_GOOD_MS = 2 ** 31 - 1

/** Entries of its stream, from its creation to its end or to the next agent of that name. */
function lifeOf(recording: readonly Entry[], name: string): readonly Entry[] {
  const own = recording.filter((entry) => entry.agent === name && entry.by !== 'runtime')
  const [first] = own
  if (!first) {
    throw new RamureError('ERR_UNKNOWN_AGENT', `The recording has no agent '${name}'.`, {
      hint: `It has ${[...new Set(recording.flatMap(({ agent }) => agent ?? []))].join(', ') || 'none at all'}.`,
    })
  }
  const next = own.findIndex((entry, index) => index > 0 && entry.type === 'agent_created')
  return next === -1 ? own : own.slice(0, next)
}
