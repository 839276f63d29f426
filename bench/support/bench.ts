/** What a benchmark is: figures it measures, and what we promise about them. */

export interface Bench {
  /** Name of its file. */
  readonly name: string
  /** What is promised, in the order of the table. */
  readonly promises: readonly Promised[]
  /** Measures everything, cases interleaved; `small` makes one short round, which shows that it runs and nothing else. */
  run(options: { readonly small: boolean }): Promise<readonly Figure[]>
}

export interface Figure {
  /** Unique in its bench, e.g. `tool call, 64 in flight`. */
  readonly name: string
  readonly unit: Unit
  /** One value a round, in order. */
  readonly rounds: readonly number[]
  /** Name of the figure that it stands beside: its floor, measured in the same rounds and the same unit. */
  readonly floor?: string
}

/** Rates are better when they are higher, everything else when it is lower. */
export type Unit = 'per second' | 'per minute' | 'ns' | 'us' | 'ms' | 'MB' | 'bytes' | 'times' | 'count'

/** One line of the table: a figure and what it has to reach. All bounds that are given must hold. */
export interface Promised {
  readonly what: string
  /** Name of the figure. */
  readonly figure: string
  /** Bound of the figure itself: a hint, since it depends on the machine and its load. */
  readonly atMost?: number
  readonly atLeast?: number
  /** Bound of the figure over that of its floor, round by round: what we hold. */
  readonly timesFloorAtMost?: number
  readonly timesFloorAtLeast?: number
  /** Why nobody has measured it: the line is shown all the same. */
  readonly notMeasured?: string
}

/** True for what is better when it is higher. */
export function isRate(unit: Unit): boolean {
  return unit === 'per second' || unit === 'per minute'
}
