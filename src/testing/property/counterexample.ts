/** What a property found, for people and for programs. */
import { RamureError } from '../../log/error.ts'
import type { Schedule } from '../schedule.ts'
import type { SimulatedRun } from '../simulated-run.ts'

export interface Counterexample {
  /** The invariant that does not hold, as it is written. */
  readonly invariant: string
  readonly why: string
  readonly seed: number
  /** Where it is: the number of the schedule, then which simpler one was taken each time. */
  readonly path: string
  readonly args: readonly unknown[]
  readonly schedule: Schedule
  readonly run: SimulatedRun
  /** Steps of the run it was found in, before it was shortened. */
  readonly stepsFound: number
  /** Id of the run that was kept, or null when none was. */
  readonly kept: string | null
  /** A whole test file that fails as long as the program is as it was; it imports files by their whole paths. */
  readonly testText: string
}

/** A property does not hold. `message` is the story of its counterexample. */
export class PropertyFailed extends RamureError {
  override readonly name = 'PropertyFailed'
  readonly counterexample: Counterexample
  constructor(story: string, counterexample: Counterexample) {
    super('ERR_PROPERTY_FAILED', story)
    this.counterexample = counterexample
  }
}
