/** What was opened, to be closed in the reverse order. Node 22, the oldest that runs this, has no AsyncDisposableStack. */
export interface Opened {
  /** Called at the end, before everything that was deferred earlier. */
  defer(close: () => unknown): void
  /** Closes one after the other, also when one fails; rejects with the first failure. Idempotent. */
  close(): Promise<void>
}

export function nothingOpened(): Opened {
  const closers: (() => unknown)[] = []
  let closed: Promise<void> | null = null
  return {
    defer: (close) => void closers.push(close),
    close: () => (closed ??= closeAll(closers)),
  }
}

async function closeAll(closers: (() => unknown)[]): Promise<void> {
  const failures: unknown[] = []
  for (let close = closers.pop(); close; close = closers.pop()) {
    try {
      await close()
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
}
