/** What an agent works on, and how one is made. A machine only acts; what it did is recorded by the runtime. */
import type { JsonObject } from '../log/events.ts'

/** A recipe for machines. Plain data plus `spawn`, so that the same image can be used many times. */
export interface Image {
  readonly kind: string
  /**
   * Starts a machine. `cwd` is the folder the run was started in: relative folders resolve against it. `env` is laid over the
   * machine's own: it names the run, so that what outlives it can be found. `signal` aborts when nobody wants the machine any more
   * while it is being made; who does not listen to it is waited for at the end of the run, 10 s at most.
   */
  spawn(options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>>; readonly signal?: AbortSignal }): Promise<Machine>
  /** What `machine_created` records; the same for equal images. */
  describe(options: { readonly cwd: string }): JsonObject & { readonly kind: string }
}

export interface Machine {
  readonly workdir: string
  /** Environment that a shell on this machine starts with: the host's, overlaid with the image's. */
  readonly env: Readonly<Record<string, string>>
  /** Runs `command` with bash in `workdir`. A timeout is an answer (exit code 124), not an error. */
  exec(command: string, options?: ExecOptions): Promise<ExecResult>
  /** Whole file; relative paths resolve against `workdir`. Throws what the file system threw. */
  readFile(path: string, options?: FileOptions): Promise<Uint8Array>
  /** Writes the whole file, creating parent folders. */
  writeFile(path: string, content: Uint8Array, options?: FileOptions): Promise<void>
  /** Lets go of everything the machine holds. Idempotent. */
  stop(): Promise<void>
}

export interface ExecOptions {
  /** Default: no limit. After it the whole process group is killed, exit code 124, stderr ends `Timed out after <n>s`. */
  readonly timeoutMs?: number
  /** Run as this user; default the one that runs ramure. */
  readonly user?: string
  readonly signal?: AbortSignal
}

export interface FileOptions {
  /** Aborts when nobody wants the answer any more. Listening to it is optional. */
  readonly signal?: AbortSignal
}

export interface ExecResult {
  readonly exit_code: number
  readonly stdout: string
  readonly stderr: string
}
