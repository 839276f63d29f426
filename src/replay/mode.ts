/**
 * Replay mode: a program that is started with RAMURE_REPLAY set gives its recorded root call to the recording instead of
 * starting a run. What it needs for that is loaded only then. A program may have loaded several copies of this package:
 * each of them is in replay mode, so that none starts anything live, and they share one verdict.
 */
import { topLevelSite } from '../runtime/call-site.ts'
import { takeOverRoots } from '../runtime/root.ts'
import type { ReplayMode, SharedOrder } from './program-side.ts'

const KEY = Symbol.for('ramure.replay')
const shared = sharedOrder()
if (shared) enter(shared)

function sharedOrder(): SharedOrder | null {
  const copies = globalThis as { [KEY]?: SharedOrder }
  const text = process.env.RAMURE_REPLAY
  // Nothing that the program might start replays, too.
  delete process.env.RAMURE_REPLAY
  if (text) copies[KEY] ??= { order: JSON.parse(text) as SharedOrder['order'], taken: false }
  return copies[KEY] ?? null
}

function enter(order: SharedOrder): void {
  let mode: Promise<ReplayMode> | null = null
  const load = () => (mode ??= import('./program-side.ts').then(({ replayMode }) => replayMode(order)))
  takeOverRoots(async (definition, args) => {
    const site = topLevelSite()
    return (await load()).root(definition, args, site)
  })
  process.once('beforeExit', () => void load().then((loaded) => loaded.idle()))
}
