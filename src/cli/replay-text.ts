/** A verdict on one screen: what differs, where, why, what to do next. Everything in it comes from the verdict and the source. */
import { basename, dirname, relative } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import type { Entry } from '../log/events.ts'
import type { ChangedLines } from '../log/store.ts'
import type { Link } from '../replay/because.ts'
import type { FieldChange } from '../replay/field-changes.ts'
import type { Divergence, Side, Verdict } from '../replay/verdict.ts'
import { describe } from './describe.ts'
import { durationText, plural } from './figures.ts'
import type { Paint } from './paint.ts'
import { preview } from './preview.ts'
import type { ReplayCommands } from './replay-commands.ts'
import { changedNext, commandsOf, nextText } from './replay-next.ts'
import { codeFrame } from './source-frame.ts'
import { displayWidth, fit, plain } from './text.ts'
import { waitText } from './wait-text.ts'

export interface ReplayTextOptions {
  readonly width: number | null
  readonly paint: Paint
  /** How long the replay took, start-up included. */
  readonly tookMs: number
  /** What to run next; default by the run's id. */
  readonly commands?: ReplayCommands
}

export function replayText(verdict: Verdict, options: ReplayTextOptions): string {
  const columns = options.width ?? 100
  const lines =
    verdict.verdict === 'identical'
      ? identical(verdict, options)
      : verdict.verdict === 'diverged'
        ? diverged(verdict, options, columns)
        : cannotTellText(verdict, options, columns)
  return lines.flatMap((line) => wrapped(line, columns)).join('\n')
}

/** A line that is too long goes on under its own text; lines of source are cut instead, and commands are left whole. */
function wrapped(line: string, columns: number): readonly string[] {
  if (displayWidth(stripVTControlCharacters(line)) <= columns || COMMAND.test(line)) return [line]
  if (SOURCE.test(stripVTControlCharacters(line))) return [fit(line, columns)]
  const margin = ' '.repeat(LABELLED.exec(line)?.[0].length ?? 2)
  const words = line.slice(margin.length).split(/(?<=\s)/)
  const rows = [line.slice(0, margin.length)]
  for (const word of words) {
    const row = rows.at(-1) ?? ''
    const isFull = displayWidth(stripVTControlCharacters(row + word).trimEnd()) > columns && row.trim() !== '' && row !== margin
    if (isFull) rows.push(margin + word)
    else rows[rows.length - 1] = row + word
  }
  return rows.map((row) => fit(row.trimEnd(), columns))
}

const LABELLED = /^ {2}\w+ {2,}(?=\S)|^ {2,}(?=\S)/
const SOURCE = /^ {2}[▸ ] +\d+ │/
const COMMAND = /^ {2}(next|    ) {2}ramure /

function identical(verdict: Verdict, { paint, tookMs }: ReplayTextOptions): string[] {
  const { recorded, rerun } = verdict
  const events = recorded.inputs + recorded.outputs
  const done = rerun.matched + rerun.delivered
  const isWhole = done === events
  const head = `${codeText(verdict)} · agents started 0 · network 0 · effects executed 0 · clock recorded`
  const count = ` ${done}/${events} events matched  ${'█'.repeat(20)}  ${durationText(tookMs)}${recorded.duration_ms === null ? '' : ` (recorded ${durationText(recorded.duration_ms)})`}`
  const said = !isWhole
    ? `${paint('good', '✔')} same decisions as far as it went: ${done} of ${events} events`
    : recorded.outcome === null
      ? `${paint('good', '✔')} same decisions up to #${recorded.entries}, where the recording ends early`
      : `${paint('good', '✔')} same decisions, same result`
  return [head, count, said, ...callsText(verdict), ...waitingText(verdict, paint), ...pastEndText(verdict)]
}

/** What would have come: a guess that rests on silent agents, and says so. */
function pastEndText({ past_end: end }: Verdict): string[] {
  if (end === undefined) return []
  const how =
    end === null
      ? 'it would wait for ever'
      : `it would end ${end.outcome.replace('_', ' ')}${end.error ? `: ${plain(end.error.message)}` : ''}`
  return ['', `  past end  with agents that say nothing more, ${how}`]
}

function diverged(verdict: Verdict, { paint, commands }: ReplayTextOptions, columns: number): string[] {
  const [first, ...others] = verdict.divergences
  if (!first) return []
  const missing = Math.max(
    0,
    verdict.recorded.outputs - verdict.rerun.matched - verdict.divergences.filter(({ recorded }) => recorded !== null).length,
  )
  const head = `${paint('bad', `✗ DIVERGED at #${first.seq} of ${verdict.recorded.entries}`)}   ${verdict.rerun.matched} matched · ${missing} not reached · exit 4 ERR_DIVERGED`
  return [
    head,
    '',
    `  recorded  ${first.recorded ? sideText(first.recorded, first.seq, columns - 12) : 'nothing of it'}`,
    `  now       ${nowText(first, columns - 12)}`,
    ...first.changes.slice(0, 4).map((change) => `            ${changeText(change)}`),
    ...frameText(first, verdict.program, paint),
    '',
    `  scope     ${plain(first.scope)}`,
    ...afterText(first),
    ...becauseText(first),
    `  class     ${first.class}: ${CLASSES[first.class]}`,
    `  why       ${causeText(verdict)}`,
    ...verdict.suspects
      .slice(0, 3)
      .map(
        ({ what, site }) => `            suspect  ${plain(what)}${site === null ? '' : ` at ${plain(fileText(site, verdict.program))}`}`,
      ),
    ...(others.length > 0
      ? [`  also      ${plural(others.length, 'more difference')}: ${others.slice(0, 5).map(shortText).join(', ')}`]
      : []),
    ...callsText(verdict),
    ...waitingText(verdict, paint),
    '',
    ...nextText(first, commands ?? commandsOf(verdict), columns),
  ]
}

function cannotTellText(verdict: Verdict, { paint, commands }: ReplayTextOptions, columns: number): string[] {
  const { code = 'ERR_CANNOT_TELL', message = '', hint = null, changed } = verdict.reason ?? {}
  const [first = '', ...rest] = message.split('\n')
  return [
    `${paint('warn', '? CANNOT TELL')}   exit 8 ${code}`,
    '',
    `  ${plain(first)}`,
    ...rest.map((line) => `    ${plain(line)}`),
    ...(changed ? ['', ...changedNext(commands ?? commandsOf(verdict), columns)] : hint ? ['', `  next  ${plain(hint)}`] : []),
  ]
}

const CLASSES: { readonly [name in Divergence['class']]: string } = {
  extra: 'the program does something that the recording does not have',
  missing: 'the recording has something that the program does not do any more',
  changed: 'the same thing with other arguments',
  reordered: 'the same things in another order',
  outcome: 'the run ends otherwise',
  leak: 'input or output that was not recorded',
  stuck: 'the program waits for something that no record will ever deliver',
}

function codeText({ code, program }: Verdict): string {
  const name = program === null ? 'the program' : basename(program)
  if (!code.known) return `${name}: source not recorded`
  if (code.changed.length > 0) return `${code.changed.join(', ')} changed since the recording`
  return `${name} unchanged${code.commit ? ` (${code.commit.slice(0, 7)})` : ''}`
}

function causeText(verdict: Verdict): string {
  const { code, cause, reruns } = verdict
  const files = plain(code.changed.join(', '))
  const isChanged = code.changed.length > 0
  const change = `${files} ${code.changed.length === 1 ? 'differs' : 'differ'} from the recorded source`
  if (reruns === 'disagree') {
    return `nondeterminism: two replays of it differ from each other${isChanged ? `; besides, ${change}` : ''}; look for clocks, chance and state from outside of the process`
  }
  const agreed = reruns === 'agree' ? '; two replays of it agree with each other' : ''
  if (cause === 'code_change') return `code change: ${change}${agreed}`
  if (cause === 'unknown') return `unknown: the recording does not say which source it was made with${agreed}`
  const where = verdict.suspects.length > 0 ? '' : ': look at env, files, dependencies and the version of Node'
  return `nondeterminism: the source is the recorded one${agreed}${where}`
}

function nowText({ class: kind, now }: Divergence, columns: number): string {
  if (!now) return 'nothing of it'
  return kind === 'stuck' ? `waits ${waitText(now.type, plain(now.label))}` : sideText(now, null, columns)
}

function sideText(side: Side, seq: number | null, columns: number): string {
  const entry = {
    type: side.type,
    agent: side.agent ?? undefined,
    data: side.data,
    by: 'program',
    scope: '',
    seq: seq ?? 0,
    time: '',
  } as unknown as Entry
  const place = seq === null ? '' : `#${seq} `
  return fit(`${place}${plain(safeDescription(entry, columns) ?? `${side.type} ${side.label}`)}`, Math.max(20, columns))
}

function safeDescription(entry: Entry, columns: number): string | null {
  try {
    const { glyph, word, text } = describe(entry, { label: null, tookMs: null }, Math.max(20, columns))
    return `${glyph} ${word} ${text}`
  } catch {
    return null
  }
}

function value(json: unknown): string {
  return json === undefined ? '—' : preview(json as never, 60)
}

function frameText({ site, after }: Divergence, program: string | null, paint: Paint): string[] {
  const shown = site ?? after?.site
  if (!shown) return []
  const note = site ? '' : '   the last line that was the same'
  const place = `  ${plain(fileText(shown.file, program))}:${shown.line}${note}`
  return [
    '',
    place,
    ...(codeFrame(shown) ?? []).map(
      ({ number, text, isHere }) => `  ${isHere ? paint('bad', '▸') : ' '} ${String(number).padStart(4)} │ ${plain(text)}`,
    ),
  ]
}

/** Files of the program's own folder are named from there. */
function fileText(file: string, program: string | null): string {
  const inside = program === null ? '..' : relative(dirname(program), file)
  return inside.startsWith('..') ? file : inside
}

function afterText({ after, class: kind }: Divergence): string[] {
  if (!after) return []
  const line = after.site ? ` at ${plain(basename(after.site.file))}:${after.site.line}` : ''
  return [`  ${kind === 'reordered' ? 'now after' : 'after    '} #${after.seq} ${plain(`${after.type} ${after.label}`.trim())}${line}`]
}

function becauseText({ because }: Divergence): string[] {
  if (because.length === 0) return []
  return [`  because   ${because.map(linkText).join(' ← ')}`]
}

function linkText({ seq, type, label, agent, data }: Link): string {
  const { tool, reason } = data as { readonly tool?: unknown; readonly reason?: unknown }
  if (typeof tool === 'string' && agent !== null) return `#${seq} ${plain(`${agent}.${tool}`)}`
  if (type === 'message') return `#${seq} message to ${plain(label)}`
  return `#${seq} ${type}${label === '' ? '' : ` ${plain(label)}`}${typeof reason === 'string' ? ` ${plain(reason)}` : ''}`
}

function shortText({ class: kind, seq, now, recorded }: Divergence): string {
  return `#${seq} ${kind} ${(now ?? recorded)?.type ?? ''}`
}

/** What the program did at its top level that is not as it was. */
function callsText({ other_roots: others = [], new_arguments: changes = [], edited }: Verdict): string[] {
  return [
    ...(edited
      ? [`  note      edited since it was recorded: ${linesText(edited)}, or the checksum in its end, is not what was written`]
      : []),
    ...others.map(({ process, run }) => `  also      called ${plain(process)}: it was given the recorded result of ${plain(run)}`),
    ...(changes.length === 0
      ? []
      : [`  note      called with other arguments now, and given the recorded ones: ${changes.slice(0, 3).map(changeText).join(', ')}`]),
  ]
}

function linesText({ first, last }: ChangedLines): string {
  return first === last ? `line ${first}` : `one of the lines ${first}–${last}`
}

function changeText({ path, recorded, now }: FieldChange): string {
  return `${plain(path || 'value')}: ${value(recorded)} → ${value(now)}`
}

function waitingText(verdict: Verdict, paint: Paint): string[] {
  if (verdict.waiting.length === 0) return []
  const shown = verdict.waiting.slice(0, 8)
  const more = verdict.waiting.length - shown.length
  return ['', `  ${paint('strong', 'still waiting')}`, ...shown.map(waitLine), ...(more > 0 ? [`    and ${more} more`] : [])]
}

function waitLine({ scope, kind, label, seq, since, site }: Verdict['waiting'][number]): string {
  const asked = seq === null ? '' : ` since #${seq}`
  const when = since === null ? '' : ` ${since.slice(11, 19)}`
  const line = site ? `  ${plain(basename(site.file))}:${site.line}` : ''
  return `    ${plain(scope)}  ${waitText(kind, plain(label))}${asked}${when}${line}`
}
