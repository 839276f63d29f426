/** What the world does to a run, step by step: plain data that can be printed, kept, shortened and played again. */
import type { Json, JsonObject } from '../log/events.ts'

/** One thing that happens. Steps that name an agent or an endpoint happen in the order of the list, each after everything before it has come to rest. */
export type Step = TurnStep | ExecStep | SideEffectStep | TimerStep | KillStep | DiskStep

export type Schedule = readonly Step[]

/** A step of an agent. An agent that was never sent a message, has ended, or is disconnected does nothing: the step is left out. */
export type AgentStep = CallStep | ActStep | RepeatStep | CrashStep | DisconnectStep | StopStep

/** A step that has its place in the order of the list. */
export type TurnStep = AgentStep | EndpointStep

interface ByAgent {
  readonly agent: string
  /** Milliseconds of the run's time since the step before it; default 0. */
  readonly afterMs?: number
}

/** It calls a tool. */
export interface CallStep extends ByAgent {
  readonly call: string
  readonly params: Json
  /** The arguments, or the tool itself, are not what the agent was given: the call must be refused. */
  readonly wrong?: true
}

/** Played by a function: the call that it wants to make next reaches the program now. */
export interface ActStep extends ByAgent {
  readonly acts: true
}

/** Its last call reaches the program again: as the same `delivery` (same call id), or as a new `call` with the same arguments. */
export interface RepeatStep extends ByAgent {
  readonly repeats: 'delivery' | 'call'
}

/** It ends as a process that crashes, with this exit code. */
export interface CrashStep extends ByAgent {
  readonly crashes: number
}

/** Its connection is lost for so many milliseconds. */
export interface DisconnectStep extends ByAgent {
  readonly disconnects: number
}

/** From now on it does nothing. */
export interface StopStep extends ByAgent {
  readonly stops: true
}

/** Somebody outside calls an endpoint of the root process, as `ramure call` does. One that is not there is left out. */
export interface EndpointStep {
  readonly endpoint: string
  readonly kwargs: JsonObject
  /** Milliseconds of the run's time since the step before it; default 0. */
  readonly afterMs?: number
}

/** The `exec`-th command of the run (1 is the first) fails, hangs, or takes so many milliseconds. */
export interface ExecStep {
  readonly exec: number
  readonly does: 'fail' | 'hang' | { readonly takesMs: number }
}

/** The `step`-th `step()` of the run (1 is the first) throws, never answers, or begins so many milliseconds late. */
export interface SideEffectStep {
  readonly step: number
  readonly does: 'fail' | 'hang' | { readonly takesMs: number }
}

/** The `timer`-th timer of the run (1 is the first) fires so many milliseconds late; -1 is as early as one of Node's may be. */
export interface TimerStep {
  readonly timer: number
  readonly lateMs: number
}

/** The runtime is killed when its log has so many entries. */
export interface KillStep {
  readonly killedAfter: number
}

/** The disk takes so many entries and no more. */
export interface DiskStep {
  readonly diskFullAfter: number
}

export function isAgentStep(step: Step): step is AgentStep {
  return 'agent' in step
}

export function isTurnStep(step: Step): step is TurnStep {
  return 'agent' in step || 'endpoint' in step
}
