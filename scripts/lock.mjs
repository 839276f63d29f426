import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ROOT, say } from './shell.mjs'

const FOLDER = join(ROOT, '.ramure')
const UNOWNED_MS = 5_000

/** Runs `work` while no other process of this checkout is inside a lock of the same name. Locks of the dead are broken. */
export async function locked(name, work) {
  const path = join(FOLDER, `${name}.lock`)
  mkdirSync(FOLDER, { recursive: true })
  await acquire(path, name)
  try {
    return await work()
  } finally {
    rmSync(path, { recursive: true, force: true })
  }
}

async function acquire(path, name) {
  let told = false
  while (!tryAcquire(path)) {
    if (isAbandoned(path) && breakOpen(path)) continue
    if (!told) say(`Waiting for another process to finish: ${name} …`)
    told = true
    await sleep(100)
  }
}

/** A folder, because making one is atomic on every file system. */
function tryAcquire(path) {
  try {
    mkdirSync(path)
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
  writeFileSync(join(path, 'pid'), String(process.pid))
  return true
}

function isAbandoned(path) {
  try {
    process.kill(Number(readFileSync(join(path, 'pid'), 'utf8')), 0)
    return false
  } catch (error) {
    if (error.code === 'ESRCH') return true
    return error.code === 'ENOENT' && isOlderThan(path, UNOWNED_MS)
  }
}

/** Two who find the same dead owner must not both remove the folder: the second would remove the first one's new lock. */
function breakOpen(path) {
  const breaker = `${path}.breaker`
  try {
    mkdirSync(breaker)
  } catch {
    if (isOlderThan(breaker, UNOWNED_MS)) rmSync(breaker, { recursive: true, force: true })
    return false
  }
  if (isAbandoned(path)) rmSync(path, { recursive: true, force: true })
  rmSync(breaker, { recursive: true, force: true })
  return true
}

/** Between making the folder and writing the pid there is a moment without an owner. */
function isOlderThan(path, ms) {
  try {
    return Date.now() - statSync(path).mtimeMs > ms
  } catch {
    return false
  }
}
