/** stdout as commands see it: a reader may go away before everything was said, as `head` does. */
import { RamureError } from '../log/error.ts'
import type { OutputStreams } from './output.ts'

type Stdout = OutputStreams['stdout']

/** A stream as far as it is needed here; `process.stdout` is one. */
interface Pipe {
  write(text: string): unknown
  once(event: 'drain' | 'close', listener: () => void): unknown
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
}

export interface Reader {
  /** Takes everything, and passes it on for as long as that can be done. */
  readonly stdout: Stdout
  /** Aborts when nothing can be passed on any more. */
  readonly gone: AbortSignal
  /** What went wrong, unless the reader had only seen enough: ERR_OUTPUT_FAILED or null. */
  failure(): RamureError | null
}

/** What a command has begun goes on to its end; only what merely shows something ends with its reader. */
export function withReader(pipe: Pipe): Reader {
  const gone = new AbortController()
  let failed: RamureError | null = null
  pipe.on('error', (cause) => {
    if (cause.code !== 'EPIPE') failed ??= outputFailed(cause)
    gone.abort('nobody reads what it shows')
  })
  return { stdout: stdoutOf(pipe, gone.signal), gone: gone.signal, failure: () => failed }
}

function outputFailed(cause: Error): RamureError {
  return new RamureError('ERR_OUTPUT_FAILED', `Not everything could be written to stdout: ${cause.message}.`, {
    hint: 'What is there is incomplete: write it to another place.',
    cause,
  })
}

function stdoutOf(pipe: Pipe, gone: AbortSignal): Stdout {
  return {
    write: (text) => (gone.aborted ? true : pipe.write(text)),
    // A pipe that has closed never has room again.
    once: (event, listener) => (gone.aborted ? listener() : once(pipe, event, gone, listener)),
    // Asked each time: a terminal changes its size.
    get isTTY() {
      return pipe.isTTY === true
    },
    get columns() {
      return pipe.columns ?? 80
    },
    get rows() {
      return pipe.rows ?? 24
    },
  }
}

function once(pipe: Pipe, event: 'drain', gone: AbortSignal, listener: () => void): void {
  const isOver = new AbortController()
  const hear = (): void => {
    if (isOver.signal.aborted) return
    isOver.abort()
    listener()
  }
  pipe.once(event, hear)
  gone.addEventListener('abort', hear, { once: true, signal: isOver.signal })
}
