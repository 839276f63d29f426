import { constants } from 'node:fs'
import { mkdir, open, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { RamureError } from '../log/error.ts'
import { runBash } from './bash.ts'
import { mustBeFolder } from './folder.ts'
import type { ExecOptions, ExecResult, Image, Machine } from './machine.ts'

export interface LocalImageOptions {
  /** Folder that commands and relative paths start in; relative ones resolve against the run's. Default: the run's. */
  readonly workdir?: string
  /** Laid over the host's environment. */
  readonly env?: Readonly<Record<string, string>>
}

/** The host itself, in one of its folders. `spawn` throws ERR_WORKDIR when that is not an existing folder. */
export function localImage(options: LocalImageOptions = {}): Image {
  const workdirIn = (cwd: string): string => resolve(cwd, options.workdir ?? '.')
  return {
    kind: KIND,
    spawn: async ({ cwd, env }) => {
      await mustBeFolder(workdirIn(cwd))
      return localMachine(workdirIn(cwd), { ...hostEnv(), ...options.env, ...env })
    },
    describe: ({ cwd }) => ({ kind: KIND, workdir: workdirIn(cwd) }),
  }
}

const KIND = 'LocalMachine'

function hostEnv(): Record<string, string> {
  return Object.fromEntries(Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}

function localMachine(workdir: string, env: Readonly<Record<string, string>>): Machine {
  const stopped = new AbortController()
  const exec = (command: string, options: ExecOptions = {}): Promise<ExecResult> => {
    const sources = options.signal ? [options.signal, stopped.signal] : [stopped.signal]
    return untilEither(sources, (signal) => runBash(command, { cwd: workdir, env }, { ...options, signal }))
  }
  return {
    workdir,
    env,
    exec,
    readFile: (path, { signal } = {}) => readWhole(resolve(workdir, path), signal),
    writeFile: async (path, content, { signal } = {}) => {
      const target = resolve(workdir, path)
      await mkdir(dirname(target), { recursive: true })
      await writeFile(target, content, { flag: WRITE, ...(signal && { signal }) })
    },
    stop: async () => stopped.abort(new RamureError('ERR_MACHINE_STOPPED', 'The machine was stopped.')),
  }
}

/** As AbortSignal.any, but lets go afterwards: Node 22 keeps what that makes for as long as the machine lives. */
async function untilEither<T>(sources: readonly AbortSignal[], work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const either = new AbortController()
  const leave = sources.map((source) => {
    const abort = (): void => either.abort(source.reason)
    if (source.aborted) abort()
    else source.addEventListener('abort', abort, { once: true })
    return () => source.removeEventListener('abort', abort)
  })
  try {
    return await work(either.signal)
  } finally {
    for (const each of leave) each()
  }
}

/** A pipe that nobody else opens would be waited for without end, in one of Node's few threads: such a run could never close. */
const { O_RDONLY, O_WRONLY, O_CREAT, O_TRUNC, O_NONBLOCK } = constants
const WRITE = O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK

async function readWhole(path: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const file = await open(path, O_RDONLY | O_NONBLOCK)
  try {
    const facts = await file.stat()
    if (facts.isFIFO() || facts.isCharacterDevice())
      throw Object.assign(new Error(`EINVAL: '${path}' is no file.`), { code: 'EINVAL', path })
    return await file.readFile(signal && { signal })
  } finally {
    await file.close()
  }
}
