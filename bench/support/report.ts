/** What one run of the benchmarks found: the file that two commits are compared by. */
import type { Figure } from './bench.ts'
import type { Verdict } from './verdict.ts'

export interface Report {
  readonly machine: Machine
  /** True for short rounds: no figure of them means anything. */
  readonly small: boolean
  readonly benches: readonly BenchReport[]
}

export interface Machine {
  /** Commit of the checkout, with `+changes` when it was changed since; null outside of git. */
  readonly commit: string | null
  readonly node: string
  readonly cpu: string
  readonly cores: number
  readonly platform: string
  /** ISO 8601. */
  readonly date: string
}

export interface BenchReport {
  readonly name: string
  readonly seconds: number
  /** Load average of one minute, before and after. */
  readonly load: readonly [number, number]
  readonly figures: readonly Figure[]
  readonly verdicts: readonly Verdict[]
  /** Why there are no figures. */
  readonly failed?: string
}
