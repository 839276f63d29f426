/** A simulation that its own replay did not repeat: the program decides by something that is not recorded. */
import { RamureError } from '../log/error.ts'
import type { Divergence, Verdict } from '../replay/verdict.ts'
import type { SimulatedRun } from './simulated-run.ts'

export class SimulationDiverged extends RamureError {
  override readonly name = 'SimulationDiverged'
  readonly verdict: Verdict
  /** The run as it was simulated. */
  readonly simulated: SimulatedRun
  constructor(verdict: Verdict, simulated: SimulatedRun) {
    super('ERR_SIMULATION_DIVERGED', messageOf(verdict, simulated), {
      hint: 'Look for state outside of the process, a clock or dice captured before the run, and I/O outside of step(). `replay: false` skips the check.',
    })
    this.verdict = verdict
    this.simulated = simulated
  }
}

function messageOf({ divergences: [first], suspects, reason }: Verdict, { seed }: SimulatedRun): string {
  const head = `A replay of the simulation with seed ${seed} came out differently`
  if (!first) return `${head}: ${reason?.message ?? 'nothing more is known'}`
  const lines = suspects.map(({ what, site }) => `  not recorded: ${what}${site === null ? '' : ` at ${site}`}`)
  return [`${head}: ${first.class} in ${first.scope} at entry ${first.seq}.`, ...sides(first), ...lines].join('\n')
}

function sides({ recorded, now, changes, site }: Divergence): string[] {
  const where = site === null ? '' : ` at ${site.file}:${site.line}`
  if (changes.length > 0)
    return changes.map(
      ({ path, recorded: then, now: later }) => `  ${now?.type} ${path}: recorded ${shown(then)}, now ${shown(later)}${where}`,
    )
  const side = (what: Divergence['now']) => (what === null ? 'nothing' : `${what.type} ${what.label} ${shown(what.data)}`)
  return [`  recorded ${side(recorded)}`, `  now      ${side(now)}${where}`]
}

const SHOWN_MAX = 120

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX - 1)}…` : text
}
