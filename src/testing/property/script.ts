/** What an agent of a property may do: any call of some tools, in some order, with any arguments they allow. */
import { RamureError } from '../../log/error.ts'
import type { Definition, Entry, Json, JsonObject } from '../../log/events.ts'
import { canonical } from '../../log/json.ts'
import { agentFromRecording } from '../agent-from-recording.ts'
import type { Part } from '../cast.ts'
import type { Call, Role } from '../conductor.ts'
import { silent } from '../simulated-agent.ts'
import type { AgentView } from '../stage.ts'
import type { Chance } from './chance.ts'

/** A script is a set of things that an agent may do; which of them it does is for the property to vary. */
export interface Script {
  /** Tools that it names; empty for one that takes whatever there is. */
  readonly tools: readonly string[]
  /** A new agent that follows it. */
  cast(): ScriptedRole
}

export interface ScriptedRole extends Role {
  /** A call that `takes` would accept, or null when there is none now. */
  offer(view: AgentView, chance: Chance, values: Values): Call | null
}

/** Arguments that a tool allows; null when none were found. */
export type Values = (tool: Definition, chance: Chance) => Json | null

/** A script, or the name of a tool: any call of it. */
export type ScriptLike = Script | string

export interface ScriptKit {
  /** Calls of this tool, or of any tool the program gave the agent; `params` are fixed, the other arguments are any that the schema allows. */
  any(tool?: string, params?: JsonObject): Script
  /** Any of these, each time anew. */
  anyOf(...scripts: ScriptLike[]): Script
  /** The same, with how often each is chosen: `weighted([3, 'approve'], [1, 'reject'])`. */
  weighted(...scripts: (readonly [weight: number, script: ScriptLike])[]): Script
  /** One call of each, in this order, then nothing. */
  sequence(...scripts: ScriptLike[]): Script
  /** As many calls as the agent was sent messages, and no more. */
  reply(...scripts: ScriptLike[]): Script
  /** What the agent of that name did in a recorded run. Throws ERR_UNKNOWN_AGENT. */
  fromRecording(recording: readonly Entry[], agent: string): Part
  /** Never does anything. */
  readonly silent: Part
}

/** Scripts for `property().agents()`. */
export const script: ScriptKit = {
  any: (tool, params = {}) => {
    if (tool !== undefined && typeof tool !== 'string')
      throw new TypeError(`script.any() takes the name of a tool; it was given ${typeof tool}.`)
    return { tools: tool === undefined ? [] : [tool], cast: () => anyRole(tool, params) }
  },
  anyOf: (...scripts) => script.weighted(...scripts.map((each) => [1, each] as const)),
  weighted: (...scripts) => {
    const parts = scripts.map(([weight, each]) => ({ weight: checkWeight(weight), script: scriptOf(each) }))
    return { tools: toolsOf(parts.map((part) => part.script)), cast: () => weightedRole(parts) }
  },
  sequence: (...scripts) => {
    const parts = scripts.map(scriptOf)
    return { tools: toolsOf(parts), cast: () => sequenceRole(parts.map((part) => part.cast())) }
  },
  reply: (...scripts) => {
    const one = script.anyOf(...scripts)
    return { tools: one.tools, cast: () => replyRole(one.cast()) }
  },
  fromRecording: agentFromRecording,
  silent,
}

function scriptOf(given: ScriptLike): Script {
  return typeof given === 'string' ? script.any(given) : given
}

/** Their tools; none when one of them takes any. */
function toolsOf(scripts: readonly Script[]): readonly string[] {
  return scripts.some(({ tools }) => tools.length === 0) ? [] : [...new Set(scripts.flatMap(({ tools }) => tools))]
}

function checkWeight(weight: number): number {
  if (weight > 0 && Number.isFinite(weight)) return weight
  throw new RamureError('ERR_SCRIPT', `A weight of script.weighted() must be a number above 0; it is ${String(weight)}.`)
}

function anyRole(tool: string | undefined, params: JsonObject): ScriptedRole {
  return {
    offer(view, chance, values) {
      const tools = view.tools.filter(({ name }) => tool === undefined || name === tool)
      const definition = tools.length > 0 ? chance.one(tools) : null
      const made = definition && values(definition, chance)
      return definition && made !== null ? { tool: definition.name, params: fixed(made, params) } : null
    },
    takes: (_, call) => (tool === undefined || call.tool === tool) && canonical(fixed(call.params, params)) === canonical(call.params),
  }
}

function fixed(made: Json, params: JsonObject): Json {
  return Object.keys(params).length === 0 ? made : { ...(made as JsonObject), ...params }
}

function weightedRole(parts: readonly { readonly weight: number; readonly script: Script }[]): ScriptedRole {
  const roles = parts.map(({ weight, script: each }) => ({ weight, role: each.cast() }))
  return {
    offer(view, chance, values) {
      for (let left = [...roles]; left.length > 0; ) {
        const chosen = heaviest(left, chance)
        const call = chosen.role.offer(view, chance, values)
        if (call) return call
        left = left.filter((each) => each !== chosen)
      }
      return null
    },
    takes: (view, call) => roles.some(({ role }) => role.takes(view, call)),
  }
}

function heaviest<T extends { readonly weight: number }>(list: readonly T[], chance: Chance): T {
  let at = chance.dice.float() * list.reduce((sum, { weight }) => sum + weight, 0)
  for (const each of list) {
    at -= each.weight
    if (at < 0) return each
  }
  return list.at(-1) as T
}

function sequenceRole(roles: readonly ScriptedRole[]): ScriptedRole {
  let at = 0
  return {
    offer: (view, chance, values) => roles[at]?.offer(view, chance, values) ?? null,
    takes(view, call) {
      const isNext = roles[at]?.takes(view, call) === true
      if (isNext) at += 1
      return isNext
    },
  }
}

function replyRole(role: ScriptedRole): ScriptedRole {
  let count = 0
  return {
    offer: (view, chance, values) => (count < view.heardCount ? role.offer(view, chance, values) : null),
    takes(view, call) {
      const isReply = count < view.heardCount && role.takes(view, call)
      if (isReply) count += 1
      return isReply
    },
  }
}
