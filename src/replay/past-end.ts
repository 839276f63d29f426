/**
 * Past the end of a recording that ends early: what the program would do if its agents said nothing more. Agents register
 * and leave when they are told to, timers fire in the order of their deadlines in virtual time, and what was asked of a
 * machine or a step is answered with an error. Nothing of it is real, and nothing of it is compared.
 */
import type { Draft, Entry } from '../log/events.ts'
import type { Answers } from '../runtime/pending.ts'
import type { Run } from '../runtime/run.ts'

/** A program that sets timers for ever is left after so many inputs. */
const PAST_END_INPUTS_MAX = 10_000

/** @param lastSeq `seq` of the recording's last entry. */
export function silentWorld(run: Run, lastSeq: number): () => Entry | undefined {
  let count = 0
  return () => {
    const next = count < PAST_END_INPUTS_MAX ? nextInput(run) : undefined
    if (!next) return undefined
    count += 1
    return { ...next.draft, seq: lastSeq + count, time: new Date(Math.max(next.atMs, run.clockMs)).toISOString() } as Entry
  }
}

interface Next {
  readonly draft: Draft
  /** When it happens, ms since 1970. */
  readonly atMs: number
}

/** What answers at once comes first; time passes only when nothing else can happen. */
function nextInput(run: Run): Next | undefined {
  return nextOfAgents(run) ?? nextAnswer(run) ?? nextTimer(run)
}

function nextOfAgents(run: Run): Next | undefined {
  for (const { name: agent, state, owner } of run.agents.values()) {
    const place = { by: 'world', scope: owner.scope.path, agent } as const
    if (state === 'created') return { atMs: run.clockMs, draft: { ...place, type: 'register', data: { execution_id: run.id } } }
    if (state === 'shutdown')
      return { atMs: run.clockMs, draft: { ...place, type: 'agent_exited', data: { cause: 'shutdown', by: 'ramure' } } }
  }
  return undefined
}

const ANSWERS: Answers = {
  exec_started: 'exec_result',
  file_read_started: 'file_read',
  file_write_started: 'file_written',
  step_started: 'step_result',
}

function nextAnswer(run: Run): Next | undefined {
  for (const { asked } of run.pending.values()) {
    const type = ANSWERS[asked.type as keyof Answers] as Answers[keyof Answers] | undefined
    if (type === undefined) continue
    const error = { name: 'Error', message: 'The recording ends before this was answered.', code: 'ERR_PAST_END' }
    return { atMs: run.clockMs, draft: { type, by: 'world', scope: asked.scope, cause: asked.seq, data: { error } } as Draft }
  }
  return undefined
}

function nextTimer(run: Run): Next | undefined {
  let first: Next | undefined
  for (const { asked } of run.pending.values()) {
    if (asked.type !== 'timer_set') continue
    const atMs = Date.parse(asked.time) + asked.data.ms
    if (first && first.atMs <= atMs) continue
    first = { atMs, draft: { type: 'timer_fired', by: 'world', scope: asked.scope, cause: asked.seq, data: { timer: asked.data.timer } } }
  }
  return first
}
