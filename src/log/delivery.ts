/** Entries on their way from the writer to those who listen: in order, each once, and never more of them than is bounded. */
import type { Entry } from './events.ts'

/** Entries that may wait to be told, and characters of their data. */
const WAITING_ENTRIES_MAX = 4096
const WAITING_CHARACTERS_MAX = 4 * 1024 * 1024

export interface Delivery {
  /** Takes an entry that was appended; `characters` of JSON are its data. */
  add(entry: Entry, characters: number): void
  /** Tells all listeners what was added up to `seq`. What a listener causes to be told is told after what is being told. */
  tell(seq: number): void
  /** Calls back with what is told; returns how to stop. */
  listen(listener: (entries: readonly Entry[]) => void): () => void
  /** How full it is: more than 1 means that no more should be added before something was told. */
  fill(): number
}

export function delivery(): Delivery {
  const listeners = new Set<(entries: readonly Entry[]) => void>()
  let waiting: Entry[] = []
  let sizes: number[] = []
  let characters = 0
  let toldSeq = 0
  let isTelling = false
  const take = (): readonly Entry[] => {
    const count = waiting.findLastIndex(({ seq }) => seq <= toldSeq) + 1
    const taken = count === waiting.length ? waiting : waiting.slice(0, count)
    waiting = count === waiting.length ? [] : waiting.slice(count)
    sizes = count === sizes.length ? [] : sizes.slice(count)
    characters = sizes.reduce((sum, size) => sum + size, 0)
    return taken
  }
  return {
    add(entry, its) {
      waiting.push(entry)
      sizes.push(its)
      characters += its
    },
    tell(seq) {
      toldSeq = Math.max(toldSeq, seq)
      if (isTelling) return
      isTelling = true
      try {
        for (let entries = take(); entries.length > 0; entries = take()) for (const listener of listeners) listener(entries)
      } finally {
        isTelling = false
      }
    },
    listen(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    fill: () => Math.max(waiting.length / WAITING_ENTRIES_MAX, characters / WAITING_CHARACTERS_MAX),
  }
}
