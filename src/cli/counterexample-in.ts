import type { BrokenProperty } from '../log/events.ts'
import type { Cli } from './cli.ts'

/** What a run refutes, when a property test kept it: its first entry says so. Null for any other run. */
export async function counterexampleIn(cli: Cli, run: string): Promise<BrokenProperty | null> {
  for await (const item of cli.store.read(run, { to: 1 }))
    if ('seq' in item && item.type === 'run_started') return item.data.counterexample ?? null
  return null
}
