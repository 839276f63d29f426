/** What a property says when it does not hold. */
import { basename } from 'node:path'
import type { SimulatedRun } from '../simulated-run.ts'
import type { Failure } from './check-run.ts'
import { spanText } from './duration.ts'
import { type SiteOf, storyOf } from './story.ts'

export interface ReportFacts {
  readonly process: string
  readonly failure: Failure
  readonly run: SimulatedRun
  readonly siteOf: SiteOf
  /** Number of the schedule that failed, and of all. */
  readonly at: number
  readonly runs: number
  readonly virtualMs: number
  readonly stepsFound: number
  readonly seed: number
  readonly path: string
  readonly kept: string | null
  /** The command that runs the test again, without its variables. */
  readonly command: string
  /** What may be wrong with the property itself, or null. */
  readonly doubt: string | null
}

export function reportOf(facts: ReportFacts): string {
  const { process, failure, run, siteOf, at, runs, virtualMs, stepsFound, seed, path, kept, doubt } = facts
  const { invariant, why, race } = failure
  const steps = run.schedule.length
  const shrunk = stepsFound > steps ? `shrunk ${stepsFound} → ${steps} steps` : `${steps} step${steps === 1 ? '' : 's'}`
  const args = run.args.length > 0 ? `  called with ${JSON.stringify(run.args).slice(1, -1)}\n` : ''
  return [
    `✗ ${process}: ${invariant.name}`,
    `  ${at.toLocaleString('en')} of ${runs.toLocaleString('en')} schedules, ${spanText(virtualMs)} virtual   ${shrunk}   seed ${seed}  path ${path}`,
    `${args}${storyOf(run, siteOf).join('\n')}`,
    `  ${nameOf(invariant.name)}: ${why}`,
    ...(race ? raceLines(race.first, race.other) : []),
    `  ended ${endText(run)}`,
    ...(doubt === null ? [] : [`  perhaps ${doubt}`]),
    ...(kept
      ? [`  saved as run ${kept}  →  ramure replay ${kept} · ramure status ${kept}`, `  keep it as a test  →  ramure export-test ${kept}`]
      : []),
    `  rerun only this    →  ${rerunText(facts)}`,
  ].join('\n')
}

/** The command that finds this counterexample again, and nothing else. */
export function rerunText({ seed, path, command }: Pick<ReportFacts, 'seed' | 'path' | 'command'>): string {
  return `RAMURE_SEED=${seed} RAMURE_PATH=${path} ${command}`
}

/** `terminates` of `terminates("10m")`; a question is no name. */
function nameOf(invariant: string): string {
  return /^\w+(?=\(|$)/.exec(invariant)?.[0] ?? 'it does not hold'
}

function raceLines(first: string, other: SimulatedRun): string[] {
  return [`  with ${first} first:`, ...storyOf(other, () => null).map((line) => `  ${line}`), `    ended ${endText(other)}`]
}

function endText({ outcome, result, error, durationMs }: SimulatedRun): string {
  const value = outcome === 'completed' ? ` with ${short(JSON.stringify(result) ?? 'nothing')}` : error ? `: ${short(error.message)}` : ''
  return `${outcome}${value} after ${spanText(durationMs)}`
}

function short(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}

/** How the test that is running now is started: by its runner, with its file. */
export function rerunCommand(site: string | null): string {
  const file = site === null ? '' : ` ${basename(site.replace(/:\d+:\d+$/, ''))}`
  return process.env.VITEST === undefined
    ? `node --test${site === null ? '' : ` ${site.replace(/:\d+:\d+$/, '')}`}`
    : `npx vitest run${file}`
}
