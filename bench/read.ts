/**
 * What reading a run of a million entries costs, from the file to the state of a status, each case in a process of its own:
 * envelopes alone, the fold that parses only what somebody looks at, the fold that parses everything; and finding an entry
 * by its time. Floors: reading the blocks, and parsing every line. `node bench/read.ts [--json [file]] [--small]`.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { jsonlStore } from '../src/log/jsonl.ts'
import type { Bench, Figure } from './support/bench.ts'
import { quantile } from './support/figures.ts'
import { writeLongLog } from './support/long-log.ts'
import { main } from './support/main.ts'
import type { Took } from './support/read-case.ts'

const CASE = fileURLToPath(new URL('support/read-case.ts', import.meta.url))
const RUN = 'brisk-otter-4q7m2xk9'
const NAMES = {
  blocks: 'blocks of the file',
  skim: 'envelopes',
  fold: 'state of a status',
  'parse and fold': 'the same, everything parsed',
  parse: 'every line parsed',
} as const
type Name = keyof typeof NAMES

export const bench: Bench = {
  name: 'read',
  promises: [
    { what: '1,000,000 envelopes', figure: 'envelopes, CPU', atMost: 550, timesFloorAtMost: 0.35 },
    { what: 'status of 1,000,000 entries, nothing kept', figure: 'state of a status, CPU', atMost: 650, timesFloorAtMost: 1 },
    { what: 'the same, everything parsed', figure: 'the same, everything parsed, CPU', atMost: 4_300 },
    { what: 'memory of that status', figure: 'state of a status, memory', atMost: 180 },
    {
      what: 'first entry of a time, of 1,000,000',
      figure: 'an entry found by its time, p50, with the index',
      atMost: 1_000,
      timesFloorAtMost: 1,
    },
  ],
  run,
}

async function run({ small }: { readonly small: boolean }): Promise<readonly Figure[]> {
  const logs = mkdtempSync(join(tmpdir(), 'ramure-bench-read-'))
  try {
    const count = small ? 3_000 : 1_000_000
    writeLongLog(logs, RUN, count)
    const took = new Map<Name, Took[]>()
    const seeks: number[][] = []
    const indexed: number[][] = []
    for (let round = 0; round < (small ? 1 : 5); round += 1) {
      for (const name of Object.keys(NAMES) as Name[]) took.set(name, [...(took.get(name) ?? []), await inChild(logs, name)])
      rmSync(join(logs, RUN, 'index.bin'), { force: true })
      seeks.push(await seekTimes(logs, count, small ? 20 : 300))
      await jsonlStore(logs).keepSnapshot(RUN, { kind: 'bench', seq: count, summary: {}, state: null })
      indexed.push(await seekTimes(logs, count, small ? 20 : 300))
    }
    const found = 'an entry found by its time, p50'
    return [
      ...caseFigures(took),
      { name: found, unit: 'us', rounds: seeks.map((us) => quantile(us, 0.5)) },
      { name: `${found}, with the index`, unit: 'us', rounds: indexed.map((us) => quantile(us, 0.5)), floor: found },
    ]
  } finally {
    rmSync(logs, { recursive: true })
  }
}

async function inChild(logs: string, name: Name): Promise<Took> {
  const { stdout } = await promisify(execFile)(process.execPath, [CASE, logs, RUN, name])
  return JSON.parse(stdout) as Took
}

/** How long it takes to have the first entry since some moment of the run, in microseconds. */
async function seekTimes(logs: string, count: number, times: number): Promise<number[]> {
  const store = jsonlStore(logs)
  const us: number[] = []
  const startMs = Date.UTC(2026, 10, 21)
  for (let n = 1; n <= times; n += 1) {
    const since = new Date(startMs + 37 * Math.floor((count * n) / (times + 1))).toISOString()
    const startedMs = performance.now()
    for await (const item of store.read(RUN, { since })) {
      if (!('seq' in item) || item.time < since) throw new Error('That is not the entry of this time.')
      break
    }
    us.push((performance.now() - startedMs) * 1000)
  }
  return us
}

function caseFigures(took: ReadonlyMap<Name, readonly Took[]>): Figure[] {
  return [...took].flatMap(([name, rounds]): Figure[] => [
    {
      name: `${NAMES[name]}, CPU`,
      unit: 'ms',
      rounds: rounds.map(({ cpuMs }) => cpuMs),
      ...(name === 'parse' ? {} : { floor: `${NAMES.parse}, CPU` }),
    },
    { name: `${NAMES[name]}, wall`, unit: 'ms', rounds: rounds.map(({ wallMs }) => wallMs) },
    { name: `${NAMES[name]}, memory`, unit: 'MB', rounds: rounds.map(({ rssMb }) => rssMb) },
  ])
}

if (import.meta.main) await main(bench)
