import type { Action } from './cli.ts'
import { loadRun, sayUnreadable } from './load.ts'
import { chooseLog, wantedRun } from './runs.ts'
import { statusData } from './status-data.ts'
import { statusText } from './status-text.ts'

/** `ramure status [run]`: the same for a live run and a finished one. */
export const run: Action = async (world, [position], options) => {
  const { cli, run: chosen, name } = await chooseLog(world, wantedRun(position, options))
  const loaded = await loadRun(cli, chosen)
  sayUnreadable(cli, loaded.unreadable)
  const data = statusData(loaded, cli.now())
  const { width, paint } = cli.output
  cli.output.answer(data, () => statusText(data, { width, paint, nowMs: cli.now(), name }))
}
