/**
 * How long it takes from an entry to the eyes of whoever follows the log, in another process, at 200 entries a second: by
 * the follower of the library, by the run itself over its control socket, and by `ramure tail -f` up to the line on its stdout. Floor: a loop that polls the file
 * without rest and burns a core for it. `node bench/tail.ts [--json [file]] [--small]`.
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Bench, Figure } from './support/bench.ts'
import { child } from './support/child.ts'
import { quantile } from './support/figures.ts'
import { main } from './support/main.ts'

const RUN = 'brisk-otter-4q7m2xk9'
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const CLI = [here('../dist/cli.js'), here('../src/cli/main.ts')].find(existsSync) ?? ''
const CASES = { poll: 'busy poll', follow: 'follower', push: 'pushed by the run', cli: 'tail -f' } as const
type Case = keyof typeof CASES

export const bench: Bench = {
  name: 'tail',
  promises: [
    { what: 'entry to follower, p50', figure: 'follower, p50', atMost: 300, timesFloorAtMost: 3 },
    { what: 'entry to follower, p99', figure: 'follower, p99', atMost: 2_500 },
    { what: 'entry to `tail -f`, p99', figure: 'tail -f, p99', atMost: 50_000 },
  ],
  run,
}

async function run({ small }: { readonly small: boolean }): Promise<readonly Figure[]> {
  const home = mkdtempSync(join(tmpdir(), 'ramure-bench-tail-'))
  try {
    const logs = join(home, 'logs')
    const count = small ? 20 : 400
    const all: { readonly [name in Case]: number[][] } = { poll: [], follow: [], push: [], cli: [] }
    for (let round = 0; round < (small ? 1 : 5); round += 1) {
      const writer = await child(here('support/tail-writer.ts'), [logs, RUN])
      for (const mode of ['poll', 'follow', 'push'] as const) all[mode].push(await byReader(mode, logs, count))
      all.cli.push(await byCommand(home, count))
      const gone = once(writer.process, 'exit')
      writer.process.disconnect()
      await gone
      rmSync(logs, { recursive: true })
    }
    return (Object.keys(CASES) as Case[]).flatMap((name) => figuresOf(name, all[name]))
  } finally {
    rmSync(home, { recursive: true })
  }
}

async function byReader(mode: 'poll' | 'follow' | 'push', logs: string, count: number): Promise<number[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [here('support/tail-reader.ts'), mode, logs, RUN, String(count)])
  return JSON.parse(stdout) as number[]
}

/** Its lines are taken here: one more process to wake up than a terminal needs. */
async function byCommand(home: string, count: number): Promise<number[]> {
  const tail = spawn(process.execPath, [CLI, 'tail', RUN, '-f', '-n', '0', '--json'], {
    env: { ...process.env, RAMURE_HOME: home },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const latenciesUs: number[] = []
  for await (const line of createInterface({ input: tail.stdout })) {
    const now = process.hrtime.bigint()
    const { data } = JSON.parse(line) as { readonly data: { readonly data: { readonly ns: string } } }
    latenciesUs.push(Number(now - BigInt(data.data.ns)) / 1000)
    if (latenciesUs.length >= count + WARM_UP) break
  }
  tail.kill()
  return latenciesUs.slice(WARM_UP)
}

const WARM_UP = 100

function figuresOf(name: Case, rounds: readonly number[][]): Figure[] {
  return [0.5, 0.99].map((share) => {
    const label = `p${share * 100}`
    const values = rounds.map((latencies) => quantile(latencies, share))
    return {
      name: `${CASES[name]}, ${label}`,
      unit: 'us',
      rounds: values,
      ...(name === 'poll' ? {} : { floor: `${CASES.poll}, ${label}` }),
    }
  })
}

if (import.meta.main) await main(bench)
