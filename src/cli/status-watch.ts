/** `ramure status --watch`: the status of a run as it changes. It watches and nothing else: Ctrl-C ends the watching. */
import { foldItem } from '../projections/folded.ts'
import { type Cli, watchedEnough } from './cli.ts'
import { EXIT } from './exit-code.ts'
import { agentsAlive } from './liveness.ts'
import { type LoadedRun, lifeOf } from './load.ts'
import { type StatusData, statusData } from './status-data.ts'
import { statusText } from './status-text.ts'
import { wokenStore } from './woken-store.ts'

/** Changes that come faster are shown together. */
const TOGETHER_MS = 150
/** How often time alone is looked at: durations on a terminal, and what has waited too long. */
const TICK_MS = 1000

/** Ends when the run does, with 6 when it vanished, or with 130 when it is interrupted. */
export async function watchStatus(cli: Cli, loaded: LoadedRun, name: string, all: boolean): Promise<number> {
  const { run } = loaded
  const folded = { state: loaded.state, gaps: [...loaded.unreadable] }
  const show = screen(cli, name, all)
  const look = (): LoadedRun => {
    const alive = cli.store.writerAlive(run)
    const life = lifeOf(folded.state.run.endedAt !== null, alive)
    return { run, state: folded.state, life, unreadable: folded.gaps, keptSeq: loaded.keptSeq }
  }
  let [isNew, lookedAt] = [false, performance.now()]
  show(loaded)
  const timer = setInterval(() => {
    if (!isNew && performance.now() - lookedAt < TICK_MS) return
    ;[isNew, lookedAt] = [false, performance.now()]
    show(look())
  }, TOGETHER_MS)
  try {
    const store = await wokenStore(cli, run)
    for await (const item of store.follow(run, { after: folded.state.run.lastSeq, signal: cli.watching })) {
      if (!('lagged' in item)) foldItem(folded, item)
      isNew = true
    }
  } finally {
    clearInterval(timer)
  }
  if (cli.watching.aborted) return watchedEnough(cli)
  const last = look()
  show(last)
  return last.life === 'orphaned' ? EXIT.runOrphaned : EXIT.ok
}

/** On a terminal each status takes the place of the one before; anywhere else only what changed something is printed. */
function screen(cli: Cli, name: string, all: boolean): (loaded: LoadedRun) => void {
  const { output } = cli
  const { paint, json } = output
  let shown = ''
  return (loaded) => {
    const nowMs = cli.now()
    const data = statusData(loaded, { nowMs, name, alive: agentsAlive(loaded.state) })
    const text = () => statusText(data, { width: output.width, paint, nowMs, name, all })
    if (output.isTerminal && !json) return output.redraw(text())
    const key = whatMatters(data)
    if (key === shown) return
    const time = new Intl.DateTimeFormat('en-GB', { timeZone: cli.timeZone, timeStyle: 'medium', hourCycle: 'h23' }).format(nowMs)
    output.answer(data, () => `${shown === '' ? '' : '\n'}${paint('faint', `── ${time}`)}\n${text()}`)
    shown = key
  }
}

/** What makes a status another one: not the passing of time, and not that more was said. */
function whatMatters({
  status,
  stop_requested,
  usage,
  problems,
  processes,
  agents,
  connections,
  endpoints,
  unreadable,
}: StatusData): string {
  return JSON.stringify([
    [status, stop_requested, usage, connections, unreadable.length],
    problems.map(({ kind, who, seq, message }) => [kind, who, seq, message]),
    processes.map(({ path, state }) => [path, state]),
    agents.map(({ name, state, lost, alive, tool, tool_calls, exit }) => [name, state, lost, alive, tool?.seq, tool_calls, exit]),
    endpoints.map(({ process, name, calls }) => [process, name, calls]),
  ])
}
