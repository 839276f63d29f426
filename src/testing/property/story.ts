/** A run as a story: who did what, in order, what came of it, and on which line. */
import type { Entry, EntryOf, Json } from '../../log/events.ts'
import { isList } from '../../log/json.ts'
import type { Happened } from '../conductor.ts'
import type { ExecStep, SideEffectStep, Step, TimerStep } from '../schedule.ts'
import type { SimulatedRun } from '../simulated-run.ts'
import { spanText } from './duration.ts'

/** Where the output with this `seq` was made: `file:line:column`, or null. */
export type SiteOf = (seq: number) => string | null

interface Row {
  readonly what: string
  readonly how: string
  readonly led: string
}

const WHAT_MAX = 60
const LED_MAX = 48

/** One line for each step, numbered. */
export function storyOf({ happened, entries, schedule, outcome }: SimulatedRun, siteOf: SiteOf): string[] {
  const rows = [...happened.map((one) => rowOf(one, happened, entries, siteOf)), ...limitRows(schedule, entries)]
  if (rows.length === 0) return [`    nobody does anything${outcome === 'timed_out' ? ': time passes' : ''}`]
  const whatWidth = Math.min(WHAT_MAX, Math.max(...rows.map(({ what }) => what.length)))
  const howWidth = Math.max(...rows.map(({ how }) => how.length))
  return rows.map(({ what, how, led }, at) =>
    `  ${String(at + 1).padStart(3)} ${what.padEnd(whatWidth)}${howWidth > 0 ? `  ${how.padEnd(howWidth)}` : ''}${led === '' ? '' : `  ${led}`}`.trimEnd(),
  )
}

function rowOf(one: Happened, all: readonly Happened[], entries: readonly Entry[], siteOf: SiteOf): Row {
  const { step } = one
  const pause = 'afterMs' in step && step.afterMs !== undefined ? `${spanText(step.afterMs)} later` : ''
  const notes = [pause, noteOf(one, all, entries)].filter((note) => note !== '')
  return { what: textOf(step, one.call, entries), how: notes.join(', '), led: ledTo(one, entries, siteOf) }
}

function textOf(step: Step, call: Happened['call'], entries: readonly Entry[]): string {
  if ('crashes' in step) return `${step.agent} crashes`
  if ('stops' in step) return `${step.agent} does nothing from here on`
  if ('disconnects' in step) return `${step.agent} loses its connection for ${spanText(step.disconnects)}`
  if ('exec' in step) return execText(step, entries)
  if ('step' in step) return effectText(step, entries)
  if ('endpoint' in step) return short(`somebody calls ${step.endpoint} ${preview(step.kwargs)}`, WHAT_MAX)
  if ('timer' in step) return timerText(step, entries)
  if (!call || !('agent' in step)) return ''
  return short(`${step.agent}.${call.tool} ${preview(call.params)}`, WHAT_MAX)
}

function execText({ exec, does }: ExecStep, entries: readonly Entry[]): string {
  const asked = entries.filter((entry) => entry.type === 'exec_started')[exec - 1]
  const command = asked?.type === 'exec_started' ? short(JSON.stringify(asked.data.command), 30) : `command ${exec}`
  return `${command} ${fateText(does)}`
}

function effectText({ step, does }: SideEffectStep, entries: readonly Entry[]): string {
  const asked = entries.filter((entry) => entry.type === 'step_started')[step - 1]
  const name = asked?.type === 'step_started' ? `the step ${short(JSON.stringify(asked.data.name), 30)}` : `step ${step}`
  return `${name} ${fateText(does)}`
}

function fateText(does: ExecStep['does']): string {
  if (typeof does === 'object') return `takes ${spanText(does.takesMs)}`
  return does === 'fail' ? 'fails' : 'never answers'
}

function timerText({ timer, lateMs }: TimerStep, entries: readonly Entry[]): string {
  const asked = entries.filter((entry) => entry.type === 'timer_set')[timer - 1]
  const name = asked?.type === 'timer_set' ? `the timer ${asked.data.timer}` : `timer ${timer}`
  return lateMs < 0 ? `${name} is ${spanText(-lateMs)} early` : `${name} is ${spanText(lateMs)} late`
}

/** What a reader would have to look up: that it repeats, what it answers, what it leaves open. */
function noteOf(one: Happened, all: readonly Happened[], entries: readonly Entry[]): string {
  const { step } = one
  if ('repeats' in step) return step.repeats === 'delivery' ? 'the same call, delivered twice' : 'the same call again'
  if ('wrong' in step && step.wrong) return 'a call that is not allowed'
  const led = 'agent' in step ? leadingTo(one, all, entries) : null
  if (led === null) return ''
  if ('crashes' in step || 'stops' in step) return `before answering ${led}`
  return `answers ${led}`
}

/** The step whose message this one follows, when nothing of its agent came between; null when there is none. */
function leadingTo(one: Happened, all: readonly Happened[], entries: readonly Entry[]): number | null {
  if (!('agent' in one.step)) return null
  const { agent } = one.step
  const before = one.seq ?? Number.POSITIVE_INFINITY
  const message = entries.findLast(
    (entry) => entry.type === 'message' && entry.agent === agent && entry.seq < before && Date.parse(entry.time) <= one.atMs,
  )
  if (!message) return null
  const isAnswered = all.some(
    (other) =>
      other !== one &&
      other.seq !== null &&
      'agent' in other.step &&
      other.step.agent === agent &&
      other.seq > message.seq &&
      other.seq < before,
  )
  const cause = stepCausing(message, all, entries)
  return cause === null || isAnswered ? null : cause
}

/** Number of the step whose handler made this entry. */
function stepCausing(entry: Entry, all: readonly Happened[], entries: readonly Entry[]): number | null {
  const handler = callOf(entry.scope, entries)
  const at = handler === null ? -1 : all.findIndex(({ seq }) => seq === handler)
  return at === -1 ? null : at + 1
}

/** `seq` of the call whose handler a scope belongs to: `/p#0/on:tool(builder,submit)#2`. */
function callOf(scope: string, entries: readonly Entry[]): number | null {
  const [, agent, tool, nth] = /\/on:tool\(([^,]+),([^)]+)\)#(\d+)/.exec(scope) ?? []
  if (agent === undefined) return null
  const seen = new Set<string>()
  const calls = entries.filter((entry) => {
    if (entry.type !== 'tool_call' || entry.agent !== agent || entry.data.tool !== tool || seen.has(entry.data.call_id)) return false
    seen.add(entry.data.call_id)
    return true
  })
  return calls[Number(nth)]?.seq ?? null
}

/** The answer, and the line of the handler. */
function ledTo({ call, seq, step }: Happened, entries: readonly Entry[], siteOf: SiteOf): string {
  if (!call || seq === null) return 'repeats' in step || call ? '→ nobody was there' : ''
  if ('repeats' in step && step.repeats === 'delivery') return '→ ignored'
  const made = entries.find((entry) => entry.seq === seq)
  if (made?.type === 'endpoint_called') return endpointLedTo(made, entries, siteOf)
  if (made?.type !== 'tool_call') return ''
  const answer = entries.find((entry) => entry.type === 'tool_result' && entry.data.call_id === made.data.call_id)
  if (answer?.type !== 'tool_result') return '→ no answer'
  const { result, error } = answer.data
  const text = error === undefined ? `→ ${preview(result ?? null)}` : `✗ ${error}`
  const site = siteOf(answer.seq)
  return `${short(text, LED_MAX)}${site === null ? '' : `  ${placeOf(site)}`}`
}

function endpointLedTo({ data: { call_id } }: EntryOf<'endpoint_called'>, entries: readonly Entry[], siteOf: SiteOf): string {
  const answer = entries.find((entry) => entry.type === 'endpoint_returned' && entry.data.call_id === call_id)
  if (answer?.type !== 'endpoint_returned') return '→ no answer'
  const { result, error } = answer.data
  const site = siteOf(answer.seq)
  return `${short(error ? `✗ ${error.message}` : `→ ${preview(result ?? null)}`, LED_MAX)}${site === null ? '' : `  ${placeOf(site)}`}`
}

function limitRows(schedule: SimulatedRun['schedule'], entries: readonly Entry[]): Row[] {
  return schedule.flatMap((step) => {
    if ('killedAfter' in step) {
      const last = entries.at(-1)
      return [{ what: `the runtime is killed after entry ${step.killedAfter}`, how: last ? `a ${last.type}` : '', led: '' }]
    }
    return 'diskFullAfter' in step ? [{ what: `the disk is full after entry ${step.diskFullAfter}`, how: '', led: '' }] : []
  })
}

/** `review.ts:38` of a whole path. */
function placeOf(site: string): string {
  const [, file = site, line] = /([^/]+):(\d+):\d+$/.exec(site) ?? []
  return line === undefined ? file : `${file}:${line}`
}

/** JSON as an object literal: `{ code: "" }`. */
export function preview(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (isList(value)) return `[${value.map(preview).join(', ')}]`
  const fields = Object.entries(value).map(
    ([key, field]) => `${/^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key)}: ${preview(field)}`,
  )
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`
}

function short(text: string, max: number): string {
  return text.length > max ? `${text.slice(0, max - 1)}…` : text
}
