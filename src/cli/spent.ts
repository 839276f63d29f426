/** What a run has used, for lists of many runs. */
import type { Entry } from '../log/events.ts'
import type { RunRef } from '../log/store.ts'
import { FOLDED_KIND } from '../projections/folded.ts'
import { addUsage, emptyUsage, type Usage, usage } from '../projections/usage.ts'
import type { Cli } from './cli.ts'

/** The usage of a whole run, from what was kept of it on; null for a long log of which nothing was kept. */
export async function spentOn(cli: Cli, { run, bytes }: RunRef): Promise<Usage | null> {
  const found = await cli.store.snapshot(run, FOLDED_KIND)
  if (found === null && (bytes === null || bytes > BYTES_MAX)) return null
  const total = emptyUsage()
  if (found !== null) addUsage(total, found.summary['usage'] as unknown as Usage)
  let later = usage.initial()
  for await (const batch of cli.store.skim(run, { from: (found?.seq ?? 0) + 1 })) {
    for (const item of batch) if (!('unreadable' in item) && item.type === 'usage') later = applied(later, item)
  }
  addUsage(total, later.total)
  return total
}

/** What somebody has put into one log must not keep the others from being listed. */
function applied(state: ReturnType<typeof usage.initial>, entry: Entry): ReturnType<typeof usage.initial> {
  try {
    return usage.apply(state, entry)
  } catch {
    return state
  }
}

/** A list of many runs must not take seconds. */
const BYTES_MAX = 16 * 1024 * 1024
