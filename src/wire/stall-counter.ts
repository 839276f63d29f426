import type { Outlet } from './outlet.ts'

/** Counts how often in a row it was called while bytes waited of which none had been taken since the last time. */
export function stallCounter(outlet: Pick<Outlet, 'queuedBytes' | 'takenBytes'>): () => number {
  let [stalls, takenBytes] = [0, 0]
  return () => {
    const taken = outlet.takenBytes()
    stalls = outlet.queuedBytes() > 0 && taken === takenBytes ? stalls + 1 : 0
    takenBytes = taken
    return stalls
  }
}
