import type { Action } from './cli.ts'
import { agentsAlive } from './liveness.ts'
import { loadRun, sayUnreadable } from './load.ts'
import { chooseLog, wantedRun } from './runs.ts'
import { statusData } from './status-data.ts'
import { statusText } from './status-text.ts'

/** `ramure status [run]`: the same for a live run and a finished one. */
export const run: Action = async (world, [position], options) => {
  const { cli, run: chosen, name } = await chooseLog(world, wantedRun(position, options))
  const loaded = await loadRun(cli, chosen)
  sayUnreadable(cli, loaded.unreadable)
  if (options['watch'] === true) return (await import('./status-watch.ts')).watchStatus(cli, loaded, name, options['all'] === true)
  const data = statusData(loaded, { nowMs: cli.now(), name, alive: agentsAlive(loaded.state) })
  const { width, paint } = cli.output
  return cli.output.answer(data, () => statusText(data, { width, paint, nowMs: cli.now(), name, all: options['all'] === true }))
}
