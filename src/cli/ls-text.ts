/** Runs as a list for people: what runs, or how it ended. */
import type { BrokenProperty } from '../log/events.ts'
import { costText, countText, durationText, UNKNOWN } from './figures.ts'
import { GLYPHS } from './outcome-glyphs.ts'
import type { Paint } from './paint.ts'
import { shortNameOf } from './short-name.ts'
import { type Column, table } from './table.ts'
import { plain } from './text.ts'

/** A run in a line. */
export interface RunSummary {
  readonly run: string
  readonly status: string
  readonly process: string | null
  readonly program: string | null
  readonly pid: number | null
  readonly started_at: string | null
  readonly ended_at: string | null
  /** When something was last written: the end of a run that vanished. */
  readonly last_at: string | null
  readonly duration_ms: number | null
  readonly reason: string | null
  /** What does not hold of it, for a run that a property test kept. */
  readonly counterexample: BrokenProperty | null
  /** When it was kept: its own times are those of a simulation. Null for any other run. */
  readonly kept_at: string | null
  /** Null when the log cannot be read. */
  readonly events: number | null
  /** Null when unknown: nothing was priced, or the log is too long to look through for a list. */
  readonly cost_usd: number | null
  readonly unpriced: number
  readonly bytes: number | null
}

export interface ListView {
  readonly width: number | null
  readonly paint: Paint
  readonly nowMs: number
  readonly timeZone: string
  /** Every run there is: names are as short as they allow. */
  readonly names: readonly string[]
}

/** @param all whether runs that are over are wanted as well: then it matters when and how they ended. */
export function listText(runs: readonly RunSummary[], all: boolean, view: ListView): string {
  const rows = runs.map((run) => (all ? endRow(run, view) : liveRow(run, view)))
  const lines = table([all ? ENDED : LIVE, ...rows], all ? END_COLUMNS : LIVE_COLUMNS, view.width)
  return lines.map((line, index) => (index === 0 ? view.paint('faint', line) : tinted(line, runs[index - 1], view))).join('\n')
}

/** What an empty list says instead, and where to look then. */
export function nothingText({ all, failed, since, emptyAt }: NothingView): string {
  if (emptyAt !== null && since === undefined) return `No runs yet in ${plain(emptyAt, 400)}.         start one  ramure demo`
  if (!all) return 'No live runs.         finished ones  ramure ls --all'
  const when = since === undefined ? '' : ` since ${plain(since, 40)}`
  return `${failed ? 'No run failed' : 'No runs'}${when}.         all runs  ramure ls --all`
}

interface NothingView {
  readonly all: boolean
  readonly failed: boolean
  readonly since: string | undefined
  /** Where there is no run at all; null when there are some. */
  readonly emptyAt: string | null
}

const ENDED = ['RUN', 'PROCESS', 'ENDED', 'HOW', 'EVENTS', 'COST']
const LIVE = ['RUN', 'PROCESS', 'STARTED', 'TIME', 'EVENTS', 'COST', 'PROGRAM']
const RIGHT: Column = { align: 'right' }
const END_COLUMNS: readonly Column[] = [{}, { max: 20, min: 8 }, {}, { max: 80, min: 13 }, RIGHT, { max: 20, min: 6 }]
const LIVE_COLUMNS: readonly Column[] = [{}, { max: 20, min: 8 }, {}, RIGHT, RIGHT, { max: 20, min: 6 }, { min: 7 }]

function endRow(run: RunSummary, view: ListView): readonly string[] {
  const isOver = run.status !== 'running' && run.status !== 'starting'
  return [
    shortNameOf(run.run, view.names),
    plain(run.process ?? UNKNOWN, 40),
    isOver ? whenText(run.kept_at ?? run.ended_at ?? run.last_at, view) : UNKNOWN,
    plain(howText(run, isOver), 400),
    countText(run.events),
    spent(run),
  ]
}

/** Of a counterexample it matters what it refutes, however it ended. */
function howText(run: RunSummary, isOver: boolean): string {
  if (run.counterexample !== null) return `✗ '${run.counterexample.property}' broken: ${run.counterexample.why}`
  const reason = run.reason === null ? '' : `: ${run.reason}`
  const how = isOver ? `${run.status.replace('_', ' ')}${reason}` : `running ${durationText(run.duration_ms)}${reason}`
  return `${GLYPHS[run.status] ?? '●'} ${how}`
}

function liveRow(run: RunSummary, view: ListView): readonly string[] {
  return [
    shortNameOf(run.run, view.names),
    plain(run.process ?? UNKNOWN, 40),
    whenText(run.started_at, view),
    durationText(run.duration_ms),
    countText(run.events),
    spent(run),
    plain(run.reason ?? run.program ?? '', 200),
  ]
}

function spent({ cost_usd: usd, unpriced }: RunSummary): string {
  return costText({ costNanoUsd: (usd ?? 0) * 1e9, pricedCount: usd === null ? 0 : 1, unpricedCount: unpriced })
}

function tinted(line: string, run: RunSummary | undefined, { paint }: ListView): string {
  if (run?.counterexample) return paint('bad', line)
  if (run?.status === 'completed' || run?.status === 'running') return line
  return paint(run?.status === 'cancelled' || run?.status === 'unknown' ? 'warn' : 'bad', line)
}

/** The clock for today, the date for everything before. */
function whenText(time: string | null, { nowMs, timeZone }: ListView): string {
  if (time === null) return UNKNOWN
  const [day, today] = [Date.parse(time), nowMs].map((ms) => new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(ms))
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone, timeStyle: 'short', hourCycle: 'h23' }).format(Date.parse(time))
  return day === today ? clock : `${day} ${clock}`
}
