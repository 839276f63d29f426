/** The other end of a control socket: what the command line and other programs speak to a live run with. */

import { connect } from 'node:net'
import { RamureError } from '../log/error.ts'
import type { JsonObject } from '../log/events.ts'
import { lineReader } from './lines.ts'

export interface Control {
  /**
   * Sends a command and resolves with its answer. Rejects with the answer's `error` and `code` when it has them, with
   * ERR_RUN_NOT_LIVE when nobody listens or the run hung up, with ERR_CONTROL_TIMEOUT after `timeoutMs` (default 10,000;
   * Infinity waits for ever).
   */
  request(command: JsonObject, options?: { readonly timeoutMs?: number }): Promise<JsonObject>
  /** Entries above `after`, then live ones, until the run ends or `signal` aborts. `filters` are `agents` and `types`. */
  follow(after: number, signal?: AbortSignal, filters?: JsonObject): AsyncIterable<JsonObject>
  /** Hangs up; requests under way reject. */
  close(): void
}

/** Answers are this user's own process speaking; the bound only keeps a broken one from filling the memory. */
const ANSWER_BYTES_MAX = 256 * 1024 * 1024

/** Speaks to the run behind `socketPath`. Connects with the first request. */
export function control(socketPath: string): Control {
  let line: Line | null = null
  return {
    async request(command, { timeoutMs = 10_000 } = {}) {
      if (!line || line.isClosed()) line = dial(socketPath)
      const used = line
      used.send(command)
      const answer = await withDeadline(used.take(), timeoutMs, () => used.close(), socketPath)
      if (answer === null) throw notLive(socketPath, used.error())
      return checkAnswer(answer)
    },
    async *follow(after, signal, filters = {}) {
      if (signal?.aborted) return
      const own = dial(socketPath)
      const stop = () => own.close()
      signal?.addEventListener('abort', stop, { once: true })
      try {
        own.send({ ...filters, cmd: 'follow', after })
        for (let entry = await own.take(); entry !== null; entry = await own.take()) yield checkAnswer(entry)
        if (own.error() && !signal?.aborted) throw notLive(socketPath, own.error())
      } finally {
        signal?.removeEventListener('abort', stop)
        own.close()
      }
    },
    close: () => line?.close(),
  }
}

interface Line {
  send(command: JsonObject): void
  /** The next line from the other end, null when there will be none. */
  take(): Promise<JsonObject | null>
  isClosed(): boolean
  /** What broke the connection, if anything did. */
  error(): Error | null
  close(): void
}

function dial(path: string): Line {
  const socket = connect(path)
  const lines = lineReader(ANSWER_BYTES_MAX)
  const waiting: ((line: JsonObject | null) => void)[] = []
  const ready: JsonObject[] = []
  let failed: Error | null = null

  const hand = (line: JsonObject) => {
    const next = waiting.shift()
    if (next) next(line)
    else ready.push(line)
    // Nobody takes them: let the other end wait.
    if (ready.length > 0) socket.pause()
  }
  socket.on('data', (chunk: Buffer) => {
    lines.push(chunk)
    for (let bytes = lines.next(); bytes !== null; bytes = lines.next()) {
      const line = parse(bytes)
      if (line) hand(line)
      else socket.destroy(new Error('The answer was no JSON.'))
    }
  })
  socket.on('error', (error) => void (failed ??= error))
  socket.on('end', () => socket.destroy())
  socket.on('close', () => waiting.splice(0).forEach((next) => next(null)))
  return {
    send: (command) => void socket.write(`${JSON.stringify(command)}\n`),
    take() {
      const line = ready.shift()
      if (line) return Promise.resolve(line)
      if (socket.destroyed) return Promise.resolve(null)
      socket.resume()
      return new Promise((resolve) => waiting.push(resolve))
    },
    isClosed: () => socket.destroyed,
    error: () => failed,
    close: () => void socket.destroy(),
  }
}

function parse(bytes: Uint8Array): JsonObject | null {
  try {
    // The cast: the other end is our own code; answers are objects.
    return JSON.parse(new TextDecoder().decode(bytes)) as JsonObject
  } catch {
    return null
  }
}

/** An answer with `error` and `code` and without `seq` is a refusal; entries have a `seq`. */
function checkAnswer(answer: JsonObject): JsonObject {
  const { error, code, hint, seq } = answer
  if (typeof error !== 'string' || typeof code !== 'string' || seq !== undefined) return answer
  throw new RamureError(code, error, typeof hint === 'string' ? { hint } : {})
}

function withDeadline<T>(answer: Promise<T>, timeoutMs: number, giveUp: () => void, path: string): Promise<T> {
  if (timeoutMs === Infinity) return answer
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(
        new RamureError('ERR_CONTROL_TIMEOUT', `The run behind '${path}' did not answer within ${timeoutMs} ms.`, {
          hint: 'It may be stopped or very busy; look at its process with `ramure status`.',
        }),
      )
      giveUp()
    }, timeoutMs)
    answer.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

function notLive(path: string, cause: Error | null): RamureError {
  return new RamureError('ERR_RUN_NOT_LIVE', `No live run answers on '${path}'.`, {
    hint: 'The run has ended; `ramure ls` shows live runs, `ramure status <run>` reads finished ones.',
    ...(cause === null ? {} : { cause }),
  })
}
