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
  /** Calls back with what is told, and how many characters of JSON the data of all of it are; returns how to stop. */
  listen(listener: (entries: readonly Entry[], characters: number) => void): () => void
  /** How full it is: more than 1 means that no more should be added before something was told. */
  fill(): number
}

export function delivery(): Delivery {
  const listeners = new Set<(entries: readonly Entry[], characters: number) => void>()
  let waiting: Entry[] = []
  let sizes: number[] = []
  let characters = 0
  let toldSeq = 0
  let isTelling = false
  const take = (): { readonly entries: readonly Entry[]; readonly taken: number } => {
    const count = waiting.findLastIndex(({ seq }) => seq <= toldSeq) + 1
    const entries = count === waiting.length ? waiting : waiting.slice(0, count)
    const before = characters
    waiting = count === waiting.length ? [] : waiting.slice(count)
    sizes = count === sizes.length ? [] : sizes.slice(count)
    characters = sizes.reduce((sum, size) => sum + size, 0)
    return { entries, taken: before - characters }
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
        for (let told = take(); told.entries.length > 0; told = take()) for (const listener of listeners) listener(told.entries, told.taken)
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
