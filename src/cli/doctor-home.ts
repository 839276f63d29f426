/** Whether there is a folder to keep runs in, that is writable and nobody else's. */
import { constants } from 'node:fs'
import { access, chmod, readdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Cli } from './cli.ts'
import { bad, type Finding, ok } from './doctor-finding.ts'

/** Looks at the home folder and those in it. */
export async function homeFolder(cli: Cli): Promise<readonly Finding[]> {
  const { root, logs, runtimes } = cli.folders
  const findings = (await Promise.all([...new Set([root, logs, runtimes])].map((path) => lookAt(path, root)))).flat()
  if (findings.length > 0) return findings
  const exists = (await stat(root).catch(() => null)) !== null
  return [ok('home', exists ? `${root} is yours alone` : `${root} does not exist yet; the first run makes it`)]
}

async function lookAt(path: string, root: string): Promise<readonly Finding[]> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => error)
  if (found instanceof Error) return whyMissing(found, path, root)
  if (!found.isDirectory()) return [bad('fail', 'home', `${path} is no folder`, ELSEWHERE)]
  if (!(await isWritable(path))) return [bad('fail', 'home', `${path} cannot be written by you, so no run can start`, ELSEWHERE)]
  if ((found.mode & 0o077) === 0) return []
  const open = `${path} can be entered by others (mode ${(found.mode & 0o7777).toString(8)})`
  // A folder that serves others as well must not be closed to them, least of all by a program.
  if (!(await isOurs(path, root)))
    return [bad('warn', 'home', `${open}, and holds more than ramure keeps`, 'set RAMURE_HOME to a folder of its own')]
  return [{ ...bad('fail', 'home', open, `chmod 700 ${path}`), repair: () => chmod(path, 0o700).then(() => `chmod 700 ${path}`) }]
}

const ELSEWHERE = 'set RAMURE_HOME to a folder that you can write'

/** The first folder above that exists is where it would have to be made. Said once, of the home itself. */
async function whyMissing({ code, message }: NodeJS.ErrnoException, path: string, root: string): Promise<readonly Finding[]> {
  if (path !== root && (code === 'ENOENT' || code === 'ENOTDIR')) return []
  if (code !== 'ENOENT') return [bad('fail', 'home', `${path} cannot be looked at: ${message}`, ELSEWHERE)]
  let parent = dirname(path)
  while (parent !== dirname(parent) && (await stat(parent).catch(() => null)) === null) parent = dirname(parent)
  return (await isWritable(parent))
    ? []
    : [bad('fail', 'home', `${path} does not exist and cannot be made: ${parent} cannot be written by you`, ELSEWHERE)]
}

async function isWritable(path: string): Promise<boolean> {
  const isAllowed = await access(path, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  )
  // Some file systems let nobody make anything, whatever the modes say.
  return isAllowed && !/^\/(proc|sys)(\/|$)/.test(path)
}

const HOME_NAMES = new Set(['logs', 'runtimes', 'cache'])

/** True for folders that ramure made: of this user, in the home or the home itself, and the home with nothing else in it. */
async function isOurs(path: string, root: string): Promise<boolean> {
  const { uid } = await stat(path)
  if (process.getuid !== undefined && uid !== process.getuid()) return false
  if (path !== root) return dirname(path) === root
  return (await readdir(path)).every((name) => HOME_NAMES.has(name))
}
