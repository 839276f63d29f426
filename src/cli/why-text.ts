/** Why it came to this, for people: what is known first, how it came to it, what is open, what to do next. */
import { NEVER_BEGAN } from '../log/store-errors.ts'
import { brokenText } from '../projections/broken.ts'
import { countText, durationText, plural } from './figures.ts'
import { GLYPHS } from './outcome-glyphs.ts'
import type { Tone } from './paint.ts'
import { preview } from './preview.ts'
import { kindText, problemText } from './problem-text.ts'
import { displayWidth, plain } from './text.ts'
import { waitText } from './wait-text.ts'
import { chainText, type WhyView } from './why-chain-text.ts'
import type { InFlight, WhyData } from './why-data.ts'
import { wrap } from './wrap.ts'

const SHOWN_MAX = 12

export function whyText(data: WhyData, view: WhyView): string {
  const blocks =
    data.asked === null
      ? [
          head(data, view),
          chainText(data, view),
          problems(data, view),
          stuck(data, view),
          flight(data, view),
          waiting(data, view),
          remains(data, view),
          finished(data),
          next(data, view),
        ]
      : [chainText(data, view), next(data, view)]
  return blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')
}

function head(data: WhyData, view: WhyView): string[] {
  const { paint, width } = view
  const { tone, text } = headline(data, view)
  const glyph = data.counterexample === null ? (GLYPHS[data.status] ?? '●') : '✗'
  const [first = '', ...rest] = wrap(`${glyph} ${data.run} ${text}`, width, 2)
  const { log } = data
  const facts = [
    `${plural(log.entries, 'entry', 'entries')}${readableText(log)}`,
    // The time of a simulation is not that of a clock.
    ...(log.last_at === null || data.counterexample !== null
      ? []
      : [`the last one ${clock(log.last_at, view)}, ${durationText(view.nowMs - Date.parse(log.last_at))} ago`]),
    ...(log.torn_bytes
      ? [`${plural(log.torn_bytes, 'torn byte')} behind it: half a line that nobody was told of (killed while it wrote, or no room left)`]
      : []),
  ]
  return [paint(tone, first), ...rest.map((line) => paint(tone, line)), ...wrap(`  ${facts.join(' · ')}`, width, 2)]
}

/** What a snapshot stands for was not read again: nobody knows whether it is readable now. */
function readableText({ unreadable, kept_seq: kept }: WhyData['log']): string {
  if (unreadable.length > 0) return `, ${plural(unreadable.length, 'line')} unreadable`
  return kept === 0 ? ', all readable' : `, the first ${countText(kept)} not read again (ramure verify)`
}

function headline(data: WhyData, { nowMs }: WhyView): { readonly tone: Tone; readonly text: string } {
  const process = `its process ${data.pid ?? '—'} on ${plain(data.host ?? '—', 80)}`
  const after = data.duration_ms === null ? '' : ` after ${durationText(data.duration_ms)}`
  const why = data.error === null ? '' : `: ${plain(data.error.message, 2000)}`
  if (data.counterexample !== null) {
    const ended = `it was simulated, and ${ENDED[data.status] ?? `came out ${data.status.replace('_', ' ')}`}`
    return { tone: 'bad', text: `is a counterexample, ${plain(brokenText(data.counterexample), 2000)} · ${ended}${after}${why}` }
  }
  switch (data.status) {
    case 'orphaned':
      if (data.log.last_seq === 0 && data.log.unreadable.length === 0) return { tone: 'bad', text: `did not begin: ${NEVER_BEGAN}` }
      return { tone: 'bad', text: `did not finish: ${process} is gone, and no end was recorded` }
    case 'unknown':
      return { tone: 'warn', text: `has no end yet, and whether ${process} lives cannot be seen from here` }
    case 'completed':
      return { tone: 'good', text: `completed${after} → ${preview(data.result, 200)}` }
    case 'failed':
    case 'timed_out':
      return { tone: 'bad', text: `${data.status.replace('_', ' ')}${after}${why}` }
    case 'cancelled':
      return { tone: 'warn', text: `was cancelled${after}${why}` }
    default:
      return {
        tone: 'info',
        text: `is running${data.started_at === null ? '' : `, for ${durationText(nowMs - Date.parse(data.started_at))}`}`,
      }
  }
}

/** How a simulation came out. */
const ENDED: { readonly [status: string]: string } = {
  completed: 'completed',
  failed: 'failed',
  timed_out: 'timed out',
  cancelled: 'was cancelled',
  stuck: 'came to rest without an end',
  endless: 'went on for ever',
  killed: 'was killed here',
  log_dead: 'could not write its log any more',
}

/** Facts beside the chain: whether they had to do with it, the reader knows better. */
function problems(data: WhyData, view: WhyView): string[] {
  if (data.problems.length === 0) return []
  const title = data.life === 'live' ? 'problems' : 'what had gone wrong besides'
  const lines = data.problems.slice(0, PROBLEMS_SHOWN).flatMap((problem) => {
    const words = `#${problem.seq} ${clock(problem.since, view)} ${kindText(problem).toLowerCase()}  ${problemText(problem)}`
    return wrap(`   ${words}`, view.width, 5)
  })
  const more = data.problems.length - PROBLEMS_SHOWN
  return [
    view.paint('strong', title),
    ...lines.map((line) => view.paint('warn', line)),
    ...(more > 0 ? [`   and ${more} more   ramure status ${view.name}`] : []),
  ]
}

const PROBLEMS_SHOWN = 5

function stuck(data: WhyData, { width, name }: WhyView): string[] {
  if (data.stuck === null) return []
  const text = ` ┄ inferred: ${data.stuck} (ramure send, ramure call, ramure stop ${name})`
  return wrap(text, width, 3)
}

function flight(data: WhyData, view: WhyView): string[] {
  const open = data.in_flight
  if (open.length === 0) return []
  const title = data.life === 'live' ? 'in flight' : 'in flight when it ended: outcome unknown'
  const lines = open
    .slice(0, SHOWN_MAX)
    .flatMap((each) => wrap(`   #${each.seq} ${clock(each.since, view)} ${flightText(each)}${lasted(each, data, view)}`, view.width, 5))
  const more = open.length - SHOWN_MAX
  return [view.paint('strong', title), ...lines, ...(more > 0 ? [`   and ${more} more   ramure status ${view.name} --json`] : [])]
}

function lasted({ since }: InFlight, { life }: WhyData, { nowMs }: WhyView): string {
  return life === 'live' ? `, for ${durationText(nowMs - Date.parse(since))}` : ''
}

function flightText({ kind, who, label }: InFlight): string {
  const name = plain(label, 200)
  switch (kind) {
    case 'tool':
      return `${plain(who, 80)} called ${name}: not answered`
    case 'endpoint':
      return `a call of the endpoint ${name}: not answered`
    case 'exec':
      return `command ${name}: started, no exit recorded`
    case 'file':
      return `file ${name}: started, no answer recorded`
    case 'step':
      return `step ${name}: started, no result recorded`
    case 'own_tool':
      return `${plain(who, 80)} ran its own ${name}: no end reported`
    case 'message':
      return `a message to ${plain(who, 80)}: ${name}`
    case 'turn':
      return `${plain(who, 80)} was at work: this is the last it said`
    case 'timer':
      return 'a timer'
  }
}

function waiting(data: WhyData, view: WhyView): string[] {
  const { paint, width } = view
  const { waiting: seen } = data
  if (seen === null) return []
  const title = paint('strong', data.life === 'live' ? 'waiting for' : 'was waiting for')
  if (!seen.known) return [title, ...wrap(`   — not known line by line: ${plain(seen.why, 400)}`, width, 5)]
  const how = `   by a replay of its program ${seen.until === null ? 'on this log' : `up to #${seen.until}`}, with nothing started${seen.doubt === null ? '' : `; ${seen.doubt}`}`
  const shown = seen.waiting.slice(0, SHOWN_MAX).flatMap((each) => wrap(`   ${waitLine(each)}`, width, 5))
  const more = seen.waiting.length - SHOWN_MAX
  const none = seen.waiting.length === 0 ? ['   nothing: its program had come to an end'] : []
  return [
    title,
    ...none,
    ...shown,
    ...(more > 0 ? [`   and ${more} more`] : []),
    ...wrap(how, width, 3).map((line) => paint('faint', line)),
  ]
}

function waitLine({ scope, kind, label, seq, site }: NonNullable<Extract<WhyData['waiting'], { known: true }>>['waiting'][number]): string {
  const asked = seq === null ? '' : ` since #${seq}`
  const line = site ? `   at ${plain(site.file.slice(site.file.lastIndexOf('/') + 1), 200)}:${site.line}` : ''
  return `${plain(scope, 200)}   ${waitText(kind, plain(label, 200))}${asked}${line}`
}

function remains({ remains: left, status }: WhyData, { paint, width }: WhyView): string[] {
  if (left === null)
    return status === 'orphaned' || status === 'unknown' ? [paint('strong', 'alive now'), '   — cannot be seen from this machine'] : []
  const sessions = left.tmuxSessions === null ? 'a tmux server that does not answer' : plural(left.tmuxSessions, 'tmux session')
  const hasSessions = left.tmuxSessions !== 0
  const parts = [
    ...(left.pids.length > 0
      ? [`${plural(left.pids.length, 'process', 'processes')} it started (${left.pids.slice(0, 8).join(', ')})`]
      : []),
    ...(hasSessions ? [sessions] : []),
  ]
  if (parts.length === 0) return status === 'orphaned' ? [paint('strong', 'alive now'), '   nothing that it started'] : []
  return [
    paint('strong', 'alive now'),
    ...wrap(`   ${parts.join(', ')}   → ramure doctor --fix ends them`, width, 5).map((line) => paint('warn', line)),
  ]
}

function finished({ finished: done, status }: WhyData): string[] {
  if (status !== 'orphaned' && status !== 'unknown') return []
  const processes = done.processes
    .slice(0, SHOWN_MAX)
    .map(({ process, how }) => `${plain(process, 80)} ${GLYPHS[how === 'done' ? 'completed' : how] ?? ''} ${how}`)
  const calls = [
    ...(done.calls_ok > 0 ? [`${plural(done.calls_ok, 'call')} answered`] : []),
    ...(done.calls_failed > 0 ? [`${plural(done.calls_failed, 'call')} failed`] : []),
  ]
  const all = [...processes, ...calls]
  return all.length === 0 ? [] : ['finished before, and in the log', `   ${all.join(', ')}`]
}

/** A command is never cut; what it is for may go. */
function next({ next: commands }: WhyData, { paint, width }: WhyView): string[] {
  if (commands.length === 0) return []
  const columns = Math.max(...commands.map(([command]) => displayWidth(command)).filter((each) => each <= 44), 0)
  const lines = commands.map(([command, what]) => {
    const line = `   ${command.padEnd(columns)}   ${what}`
    return width !== null && displayWidth(line) > width ? `   ${command}` : line
  })
  return [paint('strong', 'next'), ...lines]
}

const clocks = new Map<string, Intl.DateTimeFormat>()

function clock(time: string, { timeZone }: WhyView): string {
  const ms = Date.parse(time)
  if (Number.isNaN(ms)) return '--:--:--'
  const known = clocks.get(timeZone) ?? new Intl.DateTimeFormat('en-GB', { timeZone, timeStyle: 'medium', hourCycle: 'h23' })
  clocks.set(timeZone, known)
  return known.format(ms)
}
