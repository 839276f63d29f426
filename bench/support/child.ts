/** Servers of the benchmarks have a process of their own: what a client costs must not be counted as theirs. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

export interface Child<T> extends AsyncDisposable {
  readonly process: ChildProcess
  /** The first thing it said. */
  readonly ready: T
}

/** Starts `file` and resolves when it has said something; ended with `await using`. */
export async function child<T>(file: string, args: readonly string[]): Promise<Child<T>> {
  const started = fork(file, args)
  const exited = once(started, 'exit')
  const [ready] = await Promise.race([once(started, 'message'), exited.then(() => Promise.reject(new Error(`${file} ended at once.`)))])
  return {
    process: started,
    ready: ready as T,
    async [Symbol.asyncDispose]() {
      started.kill()
      await exited
    },
  }
}

/** Asks the child for the CPU time it has used since the last time it was asked, microseconds. */
export async function cpuUs(started: ChildProcess): Promise<number> {
  const answer = once(started, 'message')
  started.send('cpu')
  const [used] = (await answer) as [number]
  return used
}

/** In the child: answers `cpuUs`. */
export function tellCpu(): void {
  let before = process.cpuUsage()
  process.on('message', (asked) => {
    if (asked !== 'cpu') return
    const { user, system } = process.cpuUsage(before)
    before = process.cpuUsage()
    process.send?.(user + system)
  })
}
