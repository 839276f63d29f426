import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** What tells a process from every other one, also after its pid was given away again. Null where the system does not say. */
export interface ProcessIdentity {
  readonly pid: number
  /** Clock ticks after boot. */
  readonly start: string | null
  readonly boot: string | null
  /** Namespace in which `pid` means something: containers that share a folder have several. */
  readonly pidns: string | null
  readonly host: string
}

/** The identity of this process. */
export function thisProcess(): ProcessIdentity {
  return { pid: process.pid, start: statOf(process.pid)?.start ?? null, ...here() }
}

/** Whether a process lives: null when it ran where this process cannot look. */
export function isAlive(identity: ProcessIdentity): boolean | null {
  const { host, boot, pidns } = here()
  const sameBoot = boot !== null && identity.boot === boot
  if (identity.host === host && boot !== null && identity.boot !== null && !sameBoot) return false
  if (identity.host !== host && !sameBoot) return null
  if (pidns !== null && identity.pidns !== null && pidns !== identity.pidns) return null
  return exists(identity.pid) && isSameProcess(identity)
}

function isSameProcess({ pid, start }: ProcessIdentity): boolean {
  const now = statOf(pid)
  if (now === null) return true
  // A zombie writes no more; its parent has only not asked for its exit code yet.
  if (now.state === 'Z' || now.state === 'X') return false
  return start === null || start === now.start
}

/** True when a process of this number exists, whoever it belongs to. */
export function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function here(): { readonly host: string; readonly boot: string | null; readonly pidns: string | null } {
  return {
    host: hostname(),
    boot: attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    pidns: attempt(() => readlinkSync('/proc/self/ns/pid')),
  }
}

/** State and start time of a process; the name in parentheses may itself hold spaces and parentheses. */
function statOf(pid: number): { readonly state: string; readonly start: string } | null {
  const text = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ')
  const state = fields?.[0]
  const start = fields?.[19]
  return state === undefined || start === undefined ? null : { state, start }
}

function attempt<T>(look: () => T): T | null {
  try {
    return look()
  } catch {
    return null
  }
}
