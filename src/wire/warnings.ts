/** Warnings about what strangers and clients do: they decide how often, so they are counted instead of repeated. */

export type Warn = (subject: string, code: string, message: string) => void

const INTERVAL_MS = 1_000
/** Subjects come and go for as long as a run lives: over so many, those that were quiet for a while are forgotten. */
const KEYS_MAX = 256

/** Passes one warning a second per subject and code on to `report`; the next one says how many were left out. */
export function throttleWarnings(report: (code: string, message: string) => void, nowMs: () => number): Warn {
  const seen = new Map<string, { atMs: number; leftOut: number }>()
  return (subject, code, message) => {
    const key = `${code} ${subject}`
    const last = seen.get(key)
    if (last && nowMs() - last.atMs < INTERVAL_MS) {
      last.leftOut += 1
      return
    }
    if (seen.size >= KEYS_MAX) for (const [other, { atMs }] of seen) if (nowMs() - atMs >= INTERVAL_MS) seen.delete(other)
    seen.set(key, { atMs: nowMs(), leftOut: 0 })
    report(code, last && last.leftOut > 0 ? `${message} (${last.leftOut} more since the last warning of this kind.)` : message)
  }
}
