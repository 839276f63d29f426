import type { Action } from './cli.ts'
import { loadRun, sayUnreadable } from './load.ts'
import { chooseRun, shortName, wantedRun } from './runs.ts'
import { statusData } from './status-data.ts'
import { statusText } from './status-text.ts'

/** `ramure status [run]`: the same for a live run and a finished one. */
export const run: Action = async (cli, [position], options) => {
  const chosen = await chooseRun(cli, wantedRun(position, options))
  const loaded = await loadRun(cli, chosen)
  sayUnreadable(cli, loaded.unreadable)
  const data = statusData(loaded, cli.now())
  const runs = (await cli.store.list()).map((ref) => ref.run)
  const { width, paint } = cli.output
  cli.output.answer(data, () => statusText(data, { width, paint, nowMs: cli.now(), name: shortName(chosen, runs) }))
}
