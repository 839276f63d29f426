/**
 * Replay mode: a program that is started with RAMURE_REPLAY set gives its recorded root call to the recording instead of
 * starting a run. What it needs for that is loaded only then.
 */
import { takeOverRoots } from '../runtime/root.ts'
import type { ReplayMode, ReplayOrder } from './program-side.ts'

const order = process.env.RAMURE_REPLAY
if (order) enter(order)

function enter(text: string): void {
  // Nothing that the program might start replays, too.
  delete process.env.RAMURE_REPLAY
  let mode: Promise<ReplayMode> | null = null
  const load = () => (mode ??= import('./program-side.ts').then(({ replayMode }) => replayMode(JSON.parse(text) as ReplayOrder)))
  takeOverRoots(async (definition) => (await load()).root(definition))
  process.once('beforeExit', () => void load().then((loaded) => loaded.idle()))
}
