/** Whether figures keep what was promised. Decided once, for the table and for the file. */
import type { Figure, Promised } from './bench.ts'
import { digits, figureText, middle, ratios } from './figures.ts'

export interface Verdict {
  readonly what: string
  /** Medians as text; — when there is none. */
  readonly figure: string
  readonly floor: string
  readonly ratio: string
  readonly target: string
  readonly verdict: 'met' | 'not met' | 'not measured'
  /** Why it was not measured. */
  readonly why?: string
}

/** One verdict for each promise. A short round (`small`) measures nothing. */
export function judge(promises: readonly Promised[], figures: readonly Figure[], small = false): readonly Verdict[] {
  return promises.map((promised) => judgeOne(promised, figures, small))
}

const SHORT = 'a short round measures nothing'

function judgeOne(promised: Promised, figures: readonly Figure[], small: boolean): Verdict {
  const { what } = promised
  const figure = figures.find(({ name }) => name === promised.figure)
  const target = targetOf(promised, figure)
  if (promised.notMeasured !== undefined) return unmeasured(what, target, promised.notMeasured)
  if (figure === undefined || figure.rounds.length === 0) return unmeasured(what, target, small ? SHORT : 'this run did not measure it')
  const floor = figures.find(({ name }) => name === figure.floor)
  const each = ratios(figure, figures)
  const ratio = each === null || each.length === 0 ? null : middle(each)
  const shown = {
    what,
    figure: figureText(middle(figure.rounds), figure.unit),
    floor: floor ? figureText(middle(floor.rounds), floor.unit) : '—',
    ratio: ratio === null ? '—' : digits(ratio),
    target,
  }
  if (small) return { ...shown, verdict: 'not measured', why: SHORT }
  return { ...shown, verdict: holds(promised, middle(figure.rounds), ratio) ? 'met' : 'not met' }
}

function unmeasured(what: string, target: string, why: string): Verdict {
  return { what, figure: '—', floor: '—', ratio: '—', target, verdict: 'not measured', why }
}

/** A bound over a floor that was not measured does not hold. */
function holds({ atMost, atLeast, timesFloorAtMost, timesFloorAtLeast }: Promised, figure: number, ratio: number | null): boolean {
  return (
    (atMost === undefined || figure <= atMost) &&
    (atLeast === undefined || figure >= atLeast) &&
    (timesFloorAtMost === undefined || (ratio !== null && ratio <= timesFloorAtMost)) &&
    (timesFloorAtLeast === undefined || (ratio !== null && ratio >= timesFloorAtLeast))
  )
}

function targetOf({ atMost, atLeast, timesFloorAtMost, timesFloorAtLeast }: Promised, figure: Figure | undefined): string {
  const text = (value: number) => (figure === undefined ? digits(value) : figureText(value, figure.unit))
  return [
    ...(atMost === undefined ? [] : [`≤ ${text(atMost)}`]),
    ...(atLeast === undefined ? [] : [`≥ ${text(atLeast)}`]),
    ...(timesFloorAtMost === undefined ? [] : [`≤ ${digits(timesFloorAtMost)} × floor`]),
    ...(timesFloorAtLeast === undefined ? [] : [`≥ ${digits(timesFloorAtLeast)} × floor`]),
  ].join(', ')
}
