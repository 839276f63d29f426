/**
 * How long it takes from an entry to the eyes of whoever follows the log, in another process, at 200 entries a second: by the
 * follower of the library, which watches the file or is woken by the run, by the entries that the run sends over its control
 * socket, and by `ramure tail -f` up to the line on its stdout; and what each of them costs the run. Floor: a loop that polls the
 * file without rest and burns a core for it, but none of the run's. `node bench/tail.ts [--json [file]] [--small]`.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Bench, Figure } from './support/bench.ts'
import { child, cpuUs } from './support/child.ts'
import { quantile } from './support/figures.ts'
import { main } from './support/main.ts'

const RUN = 'brisk-otter-4q7m2xk9'
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const CLI = [here('../dist/cli.js'), here('../src/cli/main.ts')].find(existsSync) ?? ''
const CASES = {
  poll: 'busy poll',
  follow: 'watching the file',
  wake: 'woken by the run',
  push: 'pushed by the run',
  file: 'tail -f, no socket',
  cli: 'tail -f',
} as const
type Case = keyof typeof CASES

export const bench: Bench = {
  name: 'tail',
  promises: [
    { what: 'entry to follower, p50', figure: 'woken by the run, p50', atMost: 300, timesFloorAtMost: 3 },
    { what: 'entry to follower, p99', figure: 'woken by the run, p99', atMost: 2_500 },
    { what: 'the same by the file, p50', figure: 'watching the file, p50', atMost: 300, timesFloorAtMost: 3 },
    { what: 'entry to `tail -f`, p99', figure: 'tail -f, p99', atMost: 50_000 },
    { what: 'CPU of the run for an entry', figure: 'woken by the run, CPU of the run', timesFloorAtMost: 2 },
  ],
  run,
}

async function run({ small }: { readonly small: boolean }): Promise<readonly Figure[]> {
  const home = mkdtempSync(join(tmpdir(), 'ramure-bench-tail-'))
  try {
    const count = small ? 20 : 400
    const samples = Object.fromEntries(NAMES.map((name): [string, Sample[]] => [name, []])) as Record<Case, Sample[]>
    for (let round = 0; round < (small ? 1 : 5); round += 1) {
      const writer = await child(here('support/tail-writer.ts'), [home, RUN])
      for (const name of NAMES) samples[name].push(await sampled(name, home, count, writer.process))
      const gone = once(writer.process, 'exit')
      writer.process.disconnect()
      await gone
      rmSync(join(home, 'logs'), { recursive: true })
    }
    return NAMES.flatMap((name) => figuresOf(name, samples[name]))
  } finally {
    rmSync(home, { recursive: true })
  }
}

const NAMES = Object.keys(CASES) as Case[]

interface Sample {
  readonly latenciesUs: readonly number[]
  /** CPU time of the run for each entry while it was read, warming up included. */
  readonly cpuUs: number
}

async function sampled(name: Case, home: string, count: number, writer: ChildProcess): Promise<Sample> {
  await cpuUs(writer)
  const startedMs = performance.now()
  const latenciesUs = await (name === 'cli' || name === 'file' ? byCommand(name, home, count) : byReader(name, home, count))
  const entryCount = (performance.now() - startedMs) / ENTRY_MS
  return { latenciesUs, cpuUs: (await cpuUs(writer)) / entryCount }
}

/** As support/tail-writer.ts has it. */
const ENTRY_MS = 5

async function byReader(mode: 'poll' | 'follow' | 'wake' | 'push', home: string, count: number): Promise<number[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [here('support/tail-reader.ts'), mode, home, RUN, String(count)])
  return JSON.parse(stdout) as number[]
}

/** Its lines are taken here: one more process to wake up than a terminal needs. */
async function byCommand(name: 'file' | 'cli', home: string, count: number): Promise<number[]> {
  // Beside another home nobody has made a socket known.
  const place = name === 'cli' ? home : join(home, 'elsewhere')
  const tail = spawn(process.execPath, [CLI, 'tail', RUN, '-f', '-n', '0', '--json', '--log-dir', join(home, 'logs')], {
    env: { ...process.env, RAMURE_HOME: place },
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

function figuresOf(name: Case, samples: readonly Sample[]): Figure[] {
  const figure = (ending: string, pick: (sample: Sample) => number): Figure => ({
    name: `${CASES[name]}, ${ending}`,
    unit: 'us',
    rounds: samples.map(pick),
    ...(name === 'poll' ? {} : { floor: `${CASES.poll}, ${ending}` }),
  })
  return [
    figure('p50', ({ latenciesUs }) => quantile(latenciesUs, 0.5)),
    figure('p99', ({ latenciesUs }) => quantile(latenciesUs, 0.99)),
    figure('CPU of the run', (sample) => sample.cpuUs),
  ]
}

if (import.meta.main) await main(bench)
