/** A machine of the run: the program's handle, and its place in the log. */
import { Buffer } from 'node:buffer'
import { bytesOf, contentOf } from '../log/file-content.ts'
import type { ExecOptions, Image } from '../machines/machine.ts'
import { ask, openProcess, recorded } from './pending.ts'
import type { ProcessScope } from './process-scope.ts'
import { output, type Run, scopeOrLost } from './run.ts'
import { requireScope, type Scope } from './scope.ts'

/** What the program holds. Every act is recorded with its answer; a rerun acts on nothing. */
export interface Machine {
  /** Unique in the run and the same in every rerun, e.g. `local-3f2a91c0`. */
  readonly id: string
  readonly kind: string
  /** Runs a shell command in the machine's folder. A timeout is an answer (`exit_code` 124), not an error. */
  exec(command: string, options?: Omit<ExecOptions, 'signal'>): Promise<ExecOutcome>
  /** Reads a whole file; relative paths start at the machine's folder. */
  readFile(path: string): Promise<Uint8Array>
  /** Writes a whole file and the folders it needs. */
  writeFile(path: string, content: string | Uint8Array): Promise<void>
}

export interface ExecOutcome {
  readonly exit_code: number
  readonly stdout: string
  readonly stderr: string
  readonly command: string
  /** True when `exit_code` is 0. */
  readonly ok: boolean
}

/** What a write takes its bytes from: the log holds them masked, the file must not. */
export type WriteSource = { readonly bytes: Uint8Array } | { readonly from: { readonly machine: string; readonly path: string } }

export interface MachineRecord {
  readonly id: string
  readonly handle: Machine
  readonly owner: ProcessScope
  stopped: boolean
}

/** A machine owned by the current process: stopped once when the process ends. */
export async function machine(options: { readonly image?: Image } = {}): Promise<Machine> {
  const scope = requireScope('machine()')
  openProcess(scope, 'machine()')
  return createMachine(scope, options.image ?? scope.process.image).handle
}

export function createMachine(scope: Scope & { readonly process: ProcessScope }, image: Image): MachineRecord {
  const described = image.describe({ cwd: scope.run.header.cwd })
  const id = freeId(scope.run, image.kind, scope.id('machine'))
  const record: MachineRecord = { id, handle: machineHandle(scope, id, described.kind), owner: scope.process, stopped: false }
  output(scope, 'machine_created', { ...described, machine: id }, { payload: image })
  scope.run.machineIds.add(id)
  scope.process.machines.add(record)
  byHandle.set(record.handle, record)
  return record
}

/** Eight digits are enough to read, and not for thousands of machines at once: two must never have one id. */
function freeId({ machineIds }: Run, kind: string, digits: string): string {
  for (let length = 8; length < digits.length; length += 8) {
    const id = `${kind}-${digits.slice(0, length)}`
    if (!machineIds.has(id)) return id
  }
  return `${kind}-${digits}`
}

/** The record behind a handle that the program passed in. */
export function machineRecord(handle: Machine): MachineRecord | undefined {
  return byHandle.get(handle)
}

const byHandle = new WeakMap<Machine, MachineRecord>()

export function retireMachine(record: MachineRecord): void {
  if (record.stopped) return
  record.stopped = true
  record.owner.machines.delete(record)
  record.owner.scope.run.machineIds.delete(record.id)
  output(record.owner.scope, 'machine_stopped', { machine: record.id })
}

function machineHandle(maker: Scope, machine: string, kind: string): Machine {
  const { run } = maker
  return {
    id: machine,
    kind,
    exec: (command, { timeoutMs, user } = {}) =>
      recorded(() => {
        const asked = { machine, command, timeout_ms: timeoutMs ?? null, ...(user !== undefined && { user }) }
        const answer = ask(scopeOrLost(run, 'exec()'), 'exec_started', asked, { command })
        return answer.then(({ exit_code, stdout, stderr }) => ({ exit_code, stdout, stderr, command, ok: exit_code === 0 }))
      }),
    readFile: (path) =>
      recorded(() => ask(scopeOrLost(run, 'readFile()'), 'file_read_started', { machine, path }).then(({ content }) => bytesOf(content))),
    writeFile: (path, content) =>
      recorded(async () => {
        // A copy: what the program does with its bytes afterwards is not what was recorded.
        const bytes = Buffer.from(content)
        const file = { machine, path, bytes: bytes.length, ...contentOf(bytes) }
        await ask(scopeOrLost(run, 'writeFile()'), 'file_write_started', file, { bytes } satisfies WriteSource)
      }),
  }
}
