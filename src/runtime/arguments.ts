/** What a root process is called with, and what of it a replay is not given. */
import { topLevelSite } from './call-site.ts'
import { lossesIn } from './plain-json.ts'
import { type Run, warn } from './run.ts'

/** What JSON cannot say at the end of a list is left out, or a replay would be given null where a default stood. */
export function givenArguments(args: readonly unknown[]): readonly unknown[] {
  return args.slice(0, args.findLastIndex((arg) => arg !== undefined) + 1)
}

/**
 * What warns in a run of each argument that JSON cannot hold: a replay is handed what the log says of it, which is not what
 * the run was handed.
 * @param siteOf the line that the warning names; default: where the run is started, which is where this is called.
 */
export function warningsOf(process: string, args: readonly unknown[], siteOf: () => string | null = topLevelSite): (state: Run) => void {
  const losses = lossesIn(givenArguments(args))
  const site = losses.length > 0 ? siteOf() : null
  return (state) => {
    for (const { path, what } of losses) {
      const message = `Argument ${path} of '${process}' is ${what}, which JSON cannot hold: a replay is given what the log says of it. Pass plain data and make of it what is needed inside of the process.`
      warn(state, '/', 'ERR_ARGUMENT_LOST', message, site ?? undefined)
    }
  }
}
