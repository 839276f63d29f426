/** Machines of a simulation: commands are answered by a table or a function, files are in memory. */
import { Buffer } from 'node:buffer'
import { posix } from 'node:path'
import { RamureError } from '../log/error.ts'
import type { ExecOptions, ExecResult, Image, Machine } from '../machines/machine.ts'
import { deferred } from '../runtime/deferred.ts'
import { sleep } from '../runtime/effects.ts'
import type { ExecStep } from './schedule.ts'
import type { VirtualClock } from './virtual-clock.ts'
import type { Workers } from './workers.ts'

/** What a command answers: its standard output, or more; default exit code 0 and empty texts. */
export type CommandAnswer = string | Partial<ExecResult>

export interface CommandPlace {
  /** The machine's id, as `machine_created` recorded it. */
  readonly machine: string
  /** Its files by absolute path: a command may change them. */
  readonly files: Map<string, Uint8Array>
  /** Who was asked to run it, when the program said so. */
  readonly user: string | undefined
}

export interface SimulatedMachineOptions {
  /** What commands answer: by their exact text, or a function of it. A command without an answer fails with ERR_NOT_SIMULATED. */
  readonly exec?:
    | Readonly<Record<string, CommandAnswer>>
    | ((command: string, place: CommandPlace) => CommandAnswer | undefined | Promise<CommandAnswer | undefined>)
  /** Files that every machine begins with; relative paths start at its folder. Default: none. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>
}

export interface SimulatedMachines {
  spawn(image: Image, id: string, cwd: string): Promise<Machine>
  /** Files of each machine by its id. */
  readonly files: ReadonlyMap<string, ReadonlyMap<string, Uint8Array>>
}

/** @param fate of the next command, when it is not to answer as it would. */
export function simulatedMachines(
  options: SimulatedMachineOptions,
  clock: VirtualClock,
  workers: Workers,
  fate: () => ExecStep['does'] | null = () => null,
): SimulatedMachines {
  const files = new Map<string, Map<string, Uint8Array>>()
  return {
    files,
    async spawn(image, id, cwd) {
      const described = image.describe({ cwd }).workdir
      const workdir = typeof described === 'string' ? described : cwd
      const own = new Map(
        Object.entries(options.files ?? {}).map(([path, content]) => [posix.resolve(workdir, path), Buffer.from(content)] as const),
      )
      files.set(id, own)
      return {
        workdir,
        env: {},
        exec: (command, how = {}) => execute(options, fate(), clock, workers, command, how, { machine: id, files: own, user: how.user }),
        readFile: async (path) => own.get(posix.resolve(workdir, path)) ?? missing(posix.resolve(workdir, path)),
        writeFile: async (path, content) => void own.set(posix.resolve(workdir, path), Buffer.from(content)),
        stop: async () => {},
      }
    },
  }
}

/** A function that answers runs with the virtual clock, so a command that takes too long is cut off as a real one is. */
async function execute(
  { exec }: SimulatedMachineOptions,
  does: ExecStep['does'] | null,
  clock: VirtualClock,
  workers: Workers,
  command: string,
  { timeoutMs, signal }: ExecOptions,
  place: CommandPlace,
): Promise<ExecResult> {
  const worker = workers.start('exec')
  const cutOff = deferred<ExecResult>()
  const abort = () => cutOff.reject(signal?.reason)
  signal?.addEventListener('abort', abort, { once: true })
  const late = () => cutOff.resolve({ exit_code: 124, stdout: '', stderr: `Timed out after ${(timeoutMs ?? 0) / 1000}s` })
  const timer = timeoutMs === undefined ? null : clock.set(late, timeoutMs)
  try {
    const answering = worker.inside(async () => {
      if (does === 'hang') return worker.parked(new Promise<never>(() => {}))
      if (does === 'fail') return { exit_code: 1, stderr: 'It failed.' }
      if (does !== null) await sleep(does.takesMs)
      return typeof exec === 'function' ? exec(command, place) : fieldOf(exec, command)
    })
    return await Promise.race([answering.then((answer) => resultOf(answer, command, place)), cutOff.promise])
  } finally {
    if (timer !== null) clock.clear(timer)
    signal?.removeEventListener('abort', abort)
    worker.end(new Error('The command was over.'))
  }
}

function fieldOf(table: Readonly<Record<string, CommandAnswer>> = {}, command: string): CommandAnswer | undefined {
  return Object.hasOwn(table, command) ? table[command] : undefined
}

function resultOf(answer: CommandAnswer | undefined, command: string, { machine }: CommandPlace): ExecResult {
  if (answer === undefined) {
    throw new RamureError(
      'ERR_NOT_SIMULATED',
      `simulate() was not told what the command ${JSON.stringify(command)} answers on ${machine}.`,
      {
        hint: 'Give `machines: { exec: { "the command": "its output" } }`, or a function of the command.',
      },
    )
  }
  return { exit_code: 0, stdout: '', stderr: '', ...(typeof answer === 'string' ? { stdout: answer } : answer) }
}

/** As the file system says it. */
function missing(path: string): never {
  const message = `ENOENT: no such file or directory, open '${path}' (on a simulated machine: give it with \`machines: { files }\`)`
  throw Object.assign(new Error(message), { code: 'ENOENT', path })
}
