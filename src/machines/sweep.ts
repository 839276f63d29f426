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
  for (;;) {
    const found = await marked(marks)
    for (const pid of found) if (kill(pid)) killed.add(pid)
    if (found.length === 0 || performance.now() > until) return killed.size
    await delay(PASS_MS)
  }
}

async function marked(marks: readonly string[]): Promise<number[]> {
  const names = await readdir(PROC).catch(() => [])
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number)
  const found = await Promise.all(pids.map(async (pid) => (pid !== process.pid && (await hasMarks(pid, marks)) ? [pid] : [])))
  return found.flat()
}

/** Processes of others cannot be read, and those that have ended have nothing to show. */
async function hasMarks(pid: number, marks: readonly string[]): Promise<boolean> {
  const environ = await readFile(`${PROC}/${pid}/environ`, 'utf8').catch(() => '')
  const variables = new Set(environ.split('\0'))
  return marks.every((mark) => variables.has(mark))
}

function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL')
  } catch {
    return false
  }
}
