/** Whether a recorded process still runs, or its number was given to another one. */
import { readFileSync } from 'node:fs'
import { exists } from '../log/process-identity.ts'

const TICKS_PER_SECOND = 100
const CLOCK_SLACK_MS = 2_000

/** True when the process `pid` exists and is no younger than `since` (ISO 8601). Where that cannot be known, it is true. */
export function isRunning(pid: number, since: string): boolean {
  if (!exists(pid)) return false
  const startedMs = startOf(pid)
  const sinceMs = Date.parse(since)
  return startedMs === null || Number.isNaN(sinceMs) || startedMs <= sinceMs + CLOCK_SLACK_MS
}

/** When a process started, milliseconds since 1970; null where /proc does not say. */
function startOf(pid: number): number | null {
  try {
    // The name in parentheses may hold blanks; field 22, the start in ticks since boot, is the 20th after it.
    const ticks = Number(
      readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')[19],
    )
    const boot = Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1])
    const startedMs = (boot + ticks / TICKS_PER_SECOND) * 1000
    return Number.isFinite(startedMs) ? startedMs : null
  } catch {
    return null
  }
}
