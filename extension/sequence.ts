/**
 * The order in which entries take effect.
 *
 * Q1 After this process has seen its own `register`, every entry takes effect once, in order: next number or nothing.
 * Q2 What stands before that `register` is history: of it only messages that nobody has applied take effect.
 * Q3 History may have holes, because a server may leave out what an earlier process dealt with; so it is complete when
 *    it has no hole, or when the answer to a sync has brought the `register` a second time.
 */

export interface WireEntry {
  readonly type: string
  readonly data: Readonly<Record<string, unknown>>
  readonly seq: number
  readonly id?: string
}

export interface Sequence {
  /** Number of the last entry that took effect or was skipped as history; 0 until history is complete. */
  cursor(): number
  /** Entries that take effect now, and whether the server must be asked again for what follows `cursor`. */
  take(entry: WireEntry): { readonly apply: readonly WireEntry[]; readonly sync: boolean }
  /** A new connection has begun: it starts with a sync. */
  restart(): void
}

export function sequence(boot: string): Sequence {
  let cursor = 0
  let asked = false
  let history: History | null = openHistory(boot)

  const live = (entry: WireEntry): readonly WireEntry[] => {
    if (entry.seq !== cursor + 1) return []
    cursor = entry.seq
    asked = false
    return [entry]
  }

  return {
    cursor: () => cursor,
    restart() {
      asked = false
      if (history) history = openHistory(boot)
    },
    take(entry) {
      if (!history) {
        const apply = live(entry)
        // One question is enough: what is still on its way is dropped until the answer comes.
        const sync = entry.seq > cursor + 1 && !asked
        if (sync) asked = true
        return { apply, sync }
      }
      const verdict = history.take(entry)
      if (verdict !== 'complete') return { apply: [], sync: verdict === 'ask' }
      const { messages, rest, register } = history.read()
      history = null
      cursor = register
      return { apply: [...messages, ...rest.flatMap(live)], sync: false }
    },
  }
}

interface History {
  take(entry: WireEntry): 'more' | 'ask' | 'complete'
  read(): { readonly messages: readonly WireEntry[]; readonly rest: readonly WireEntry[]; readonly register: number }
}

function openHistory(boot: string): History {
  const seen = new Map<number, WireEntry>()
  let register = Infinity
  let sightings = 0

  const hasHole = (): boolean => {
    for (let seq = 1; seq < register; seq += 1) if (!seen.has(seq)) return true
    return false
  }
  const take = (entry: WireEntry): 'more' | 'ask' | 'complete' => {
    seen.set(entry.seq, entry)
    const isOwn = entry.type === 'register' && entry.data.boot === boot
    if (isOwn && entry.seq < register) [register, sightings] = [entry.seq, 0]
    if (entry.seq === register) sightings += 1
    if (register === Infinity) return 'more'
    if (sightings >= 2 || !hasHole()) return 'complete'
    return entry.seq === register ? 'ask' : 'more'
  }
  const read: History['read'] = () => {
    const entries = [...seen.values()].sort((a, b) => a.seq - b.seq)
    const applied = new Set(entries.filter(({ type }) => type === 'message_applied').map(({ data }) => data.aseq))
    const isWaiting = ({ type, seq }: WireEntry): boolean => seq < register && type === 'message' && !applied.has(seq)
    return { messages: entries.filter(isWaiting), rest: entries.filter(({ seq }) => seq > register), register }
  }
  return { take, read }
}
