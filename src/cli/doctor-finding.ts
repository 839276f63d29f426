import type { Cli } from './cli.ts'

/** What a check found. */
export interface Finding {
  readonly check: string
  readonly verdict: 'ok' | 'warn' | 'fail'
  readonly message: string
  /** What a person can do about it. */
  readonly fix: string | null
  /** What `doctor --fix` does about it; resolves with what it did. */
  readonly repair?: () => Promise<string>
}

/** Looks at one thing; what it throws is a finding, too, under its name. */
export interface Check {
  readonly name: string
  look(cli: Cli): Promise<readonly Finding[]>
}

export function ok(check: string, message: string): Finding {
  return { check, verdict: 'ok', message, fix: null }
}

export function bad(verdict: 'warn' | 'fail', check: string, message: string, fix: string): Finding {
  return { check, verdict, message, fix }
}
