/** A store whose runs end early: the runtime was killed there, or the disk was full. */
import type { LogStore, LogWriter } from '../log/store.ts'
import type { Schedule } from './schedule.ts'

export interface Limits {
  /** Entries that reach the log before the runtime is killed. */
  readonly killedAfter: number
  /** Entries that the disk takes. */
  readonly diskFullAfter: number
}

export function limitsOf(schedule: Schedule): Limits {
  const least = (each: (step: Schedule[number]) => number) => Math.min(Number.POSITIVE_INFINITY, ...schedule.map(each))
  return {
    killedAfter: least((step) => ('killedAfter' in step ? Math.max(1, step.killedAfter) : Number.POSITIVE_INFINITY)),
    diskFullAfter: least((step) => ('diskFullAfter' in step ? Math.max(1, step.diskFullAfter) : Number.POSITIVE_INFINITY)),
  }
}

/** What a killed runtime still appends is lost; a full disk says so. */
export function limitedStore(store: LogStore, { killedAfter, diskFullAfter }: Limits): LogStore {
  if (killedAfter === Number.POSITIVE_INFINITY && diskFullAfter === Number.POSITIVE_INFINITY) return store
  const limited = (writer: LogWriter): LogWriter => {
    let { lastSeq } = writer
    /** True for what still reaches the log. */
    const take = (seq: number): boolean => {
      if (seq > diskFullAfter) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
      lastSeq = seq
      return seq <= killedAfter
    }
    return {
      ...writer,
      get lastSeq() {
        return lastSeq
      },
      append(seq, line) {
        if (take(seq)) writer.append(seq, line)
      },
      appendEntry(entry, data) {
        if (take(entry.seq)) writer.appendEntry(entry, data)
      },
      flush() {
        writer.flush()
        return lastSeq
      },
    }
  }
  return { ...store, create: (run) => limited(store.create(run)) }
}
