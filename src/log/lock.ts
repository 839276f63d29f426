/**
 * One writer per run (L2), without a native addon. A lock is a chain of claims: `run.lock`, then `run.lock.<nonce>` for
 * whoever took over from the claim with that nonce. A claim is complete before it gets its name (link(2) of a finished
 * file), and a name is given once, so of any number of takers of one dead claim exactly one wins.
 *
 * K1 The holder is the last claim of the chain that starts at `run.lock`.
 * K2 Only the holder removes claims, and `run.lock` first: whoever links behind a removed claim is not in the chain,
 *    sees that, and starts over.
 * K3 A claim is dead when its process is gone, when the pid now belongs to a process that started at another time, when
 *    the machine has booted since, or when its file is a copy (its inode is not the one it was written to).
 */
import { randomBytes } from 'node:crypto'
import { closeSync, fstatSync, linkSync, openSync, readdirSync, readFileSync, statSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive, type ProcessIdentity, thisProcess } from './process-identity.ts'

export interface Lock {
  /** Lets go of the run. */
  release(): void
}

/** Who holds a lock: a description for people, and whether its process lives (null when that cannot be known from here). */
export interface Holder {
  readonly who: string
  readonly alive: boolean | null
}

/** Takes the lock of a folder, or says who holds it. A dead holder is no obstacle. */
export function acquireLock(folder: string): Lock | Holder {
  for (;;) {
    const chain = readChain(folder)
    const last = chain.at(-1)
    if (last !== undefined && last.alive !== false) return last
    const claim = makeClaim(folder)
    try {
      if (!tryLink(claim.path, join(folder, nameBehind(last)))) continue
    } finally {
      unlinkSync(claim.path)
    }
    const now = readChain(folder)
    if (now.at(-1)?.nonce === claim.nonce) return lockOf(folder, now)
    // K2: the chain was cut while we linked. Our name is ours alone, so it can go.
    unlinkQuietly(join(folder, nameBehind(last)))
  }
}

/** Who holds the lock of a folder, or null when nobody does. Never changes anything. */
export function lockHolder(folder: string): Holder | null {
  for (;;) {
    const last = readChain(folder).at(-1)
    // A chain may be replaced while it is read: that somebody is dead is only said when it reads the same twice.
    if (last?.alive !== false || readChain(folder).at(-1)?.nonce === last.nonce) return last ?? null
  }
}

const FIRST = 'run.lock'

interface Claim extends Holder {
  readonly file: string
  readonly nonce: string
}

interface Written extends ProcessIdentity {
  readonly nonce: string
  readonly inode: number
}

function nameBehind(claim: Claim | undefined): string {
  return claim === undefined ? FIRST : `${FIRST}.${claim.nonce}`
}

function readChain(folder: string): Claim[] {
  const chain: Claim[] = []
  for (;;) {
    const claim = readClaim(folder, nameBehind(chain.at(-1)))
    if (claim === null) return chain
    chain.push(claim)
  }
}

function readClaim(folder: string, file: string): Claim | null {
  const path = join(folder, file)
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
  try {
    const inode = fstatSync(fd).ino
    const written = parseClaim(readFileSync(fd, 'utf8'))
    // An unfinished claim never had this name, so what cannot be parsed was cut by a crash of the machine.
    if (written === null) return { file, nonce: `damaged-${inode}`, who: 'nobody', alive: false }
    const alive = written.inode === inode ? isAlive(written) : false
    return { file, nonce: written.nonce, who: `process ${written.pid} on ${written.host}`, alive }
  } finally {
    closeSync(fd)
  }
}

function parseClaim(text: string): Written | null {
  try {
    const value = JSON.parse(text) as Partial<Written> | null
    const complete = typeof value?.nonce === 'string' && /^[0-9a-f]{16,64}$/.test(value.nonce) && typeof value.pid === 'number'
    return complete ? ({ start: null, boot: null, pidns: null, host: '', inode: 0, ...value } as Written) : null
  } catch {
    return null
  }
}

/** Writes a claim of this process under a name nobody else looks at. */
function makeClaim(folder: string): { readonly path: string; readonly nonce: string } {
  const nonce = randomBytes(12).toString('hex')
  const path = join(folder, `.claim-${nonce}`)
  const fd = openSync(path, 'wx', 0o600)
  try {
    const written: Written = { ...thisProcess(), nonce, inode: fstatSync(fd).ino }
    writeSync(fd, `${JSON.stringify(written)}\n`)
  } catch (error) {
    unlinkQuietly(path)
    throw error
  } finally {
    closeSync(fd)
  }
  return { path, nonce }
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function lockOf(folder: string, chain: readonly Claim[]): Lock {
  sweep(folder, chain)
  const inode = statSync(join(folder, chain.at(-1)?.file ?? FIRST)).ino
  let held = true
  return {
    release() {
      if (!held) return
      held = false
      // A folder that was deleted and made anew under our feet holds somebody else's claim.
      const ours = statSync(join(folder, chain.at(-1)?.file ?? FIRST), { throwIfNoEntry: false })?.ino === inode
      if (ours) for (const { file } of chain) unlinkQuietly(join(folder, file))
    },
  }
}

/** Removes what takers that died half-way left behind. Only claims outside of the chain, which nobody can hold. */
function sweep(folder: string, chain: readonly Claim[]): void {
  const keep = new Set(chain.map(({ file }) => file))
  for (const name of readdirSync(folder)) {
    if (name.startsWith(`${FIRST}.`) && !keep.has(name)) unlinkQuietly(join(folder, name))
    if (name.startsWith('.claim-') && isOld(join(folder, name))) unlinkQuietly(join(folder, name))
  }
}

/** A claim under way takes microseconds; one of an hour ago belongs to a process that died. */
function isOld(path: string): boolean {
  const facts = statSync(path, { throwIfNoEntry: false })
  return facts !== undefined && Date.now() - facts.mtimeMs > 3_600_000
}

function unlinkQuietly(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}
