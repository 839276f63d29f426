import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

/** Where every process shows what it was started with; Linux only. Elsewhere nothing is found and nothing is killed. */
const PROC = '/proc'
const PASS_MS = 20

/**
 * Kills every process that was started with all of these `NAME=value` variables, except this one, and looks again until
 * none is left or `deadlineMs` has passed: whoever is being killed may just have started another. Resolves with how many.
 */
export async function sweep(marks: readonly string[], deadlineMs: number): Promise<number> {
  const killed = new Set<number>()
  const until = performance.now() + deadlineMs
  // A process that is just becoming another program shows no environment: one look that finds nobody is not enough.
  for (let unseen = 0; unseen < 2; ) {
    const found = await marked(marks)
    for (const pid of found) if (kill(pid)) killed.add(pid)
    unseen = found.length === 0 ? unseen + 1 : 0
    if (performance.now() > until) break
    if (unseen < 2) await delay(PASS_MS)
  }
  return killed.size
}

/** Pids of the processes that were started with variable `name`, by its value; without this one. Linux only, as `sweep`. */
export async function processesBy(name: string): Promise<ReadonlyMap<string, readonly number[]>> {
  const found = new Map<string, number[]>()
  for (const pid of (await allPids()).filter((each) => each !== process.pid)) {
    const value = (await environOf(pid)).find((variable) => variable.startsWith(`${name}=`))?.slice(name.length + 1)
    if (value !== undefined) found.set(value, [...(found.get(value) ?? []), pid])
  }
  return found
}

async function marked(marks: readonly string[]): Promise<number[]> {
  const pids = await allPids()
  const found = await Promise.all(pids.map(async (pid) => (pid !== process.pid && (await hasMarks(pid, marks)) ? [pid] : [])))
  return found.flat()
}

async function hasMarks(pid: number, marks: readonly string[]): Promise<boolean> {
  const variables = new Set(await environOf(pid))
  return marks.every((mark) => variables.has(mark))
}

async function allPids(): Promise<number[]> {
  const names = await readdir(PROC).catch(() => [])
  return names.filter((name) => /^\d+$/.test(name)).map(Number)
}

/** Processes of others cannot be read, and those that have ended have nothing to show. */
async function environOf(pid: number): Promise<string[]> {
  return (await readFile(`${PROC}/${pid}/environ`, 'utf8').catch(() => '')).split('\0')
}

function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL')
  } catch {
    return false
  }
}
