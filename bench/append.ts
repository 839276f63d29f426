/**
 * What appending costs, beside other ways to append: the bare group commit is the floor (encode into a buffer, one write a
 * microtask, one promise for all who wait), encoding alone the limit of any log of JSON lines; the same commit with our buffer of
 * lines shows what the rest costs. A caller in a loop waits every 256 entries; callers that wait do so for each. Every case of
 * every round is a process of its own.
 * `node bench/append.ts [--json [file]] [--small]`.
 */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { AppendCase } from './support/append-child.ts'
import { isHere } from './support/append-writers.ts'
import type { Bench, Figure, Unit } from './support/bench.ts'
import { main } from './support/main.ts'

const CHILD = fileURLToPath(new URL('support/append-child.ts', import.meta.url))
const FLOOR = 'group commit, bare'
const OURS = 'ramure, process'
const PINO = 'pino, sync'
const ALL = [
  'encode only',
  FLOOR,
  'group commit, our buffer',
  'ramure, process',
  'ramure, disk',
  'writeSync per event',
  'open, append, close',
  'pino, sync',
  'SQLite WAL',
]

interface Case {
  readonly writer: string
  readonly callers: 'loop' | '64' | '1'
  readonly bytes: 300 | 4096
}

const CASES: readonly Case[] = [
  ...ALL.map((writer) => ({ writer, callers: 'loop', bytes: 300 }) as const),
  ...ALL.filter((writer) => writer !== 'ramure, disk').map((writer) => ({ writer, callers: 'loop', bytes: 4096 }) as const),
  // To those that write at once it makes no difference who waits.
  ...[FLOOR, 'ramure, process', 'ramure, disk', 'SQLite WAL'].flatMap((writer) =>
    (['64', '1'] as const).map((callers) => ({ writer, callers, bytes: 300 }) as const),
  ),
]

const OVER_PINO = 'ramure over pino, loop, 300 B'

export const bench: Bench = {
  name: 'append',
  promises: [
    { what: 'a loop, 300 B', figure: 'ramure, process, loop, 300 B', atLeast: 380_000, timesFloorAtLeast: 0.85 },
    { what: 'its CPU', figure: 'ramure, process, loop, 300 B, CPU', timesFloorAtMost: 1.18 },
    { what: 'the call, p99', figure: 'ramure, process, loop, 300 B, call p99', atMost: 8 },
    { what: 'open, append, close beside it', figure: 'open, append, close, loop, 300 B', timesFloorAtMost: 0.3 },
    { what: 'times pino (sonic-boom, sync)', figure: OVER_PINO, atLeast: 3.5 },
    { what: '64 callers that wait', figure: 'ramure, process, 64 waiting, 300 B', atLeast: 280_000 },
    { what: '1 caller that waits', figure: 'ramure, process, 1 waiting, 300 B', atLeast: 120_000 },
    { what: 'its acknowledgement, p99', figure: 'ramure, process, 1 waiting, 300 B, ack p99', atMost: 25 },
    { what: 'a loop, 4 KB', figure: 'ramure, process, loop, 4096 B', atLeast: 26_000, timesFloorAtLeast: 0.85 },
    { what: 'the call, 4 KB, p99', figure: 'ramure, process, loop, 4096 B, call p99', atMost: 100 },
    { what: 'disk, 64 callers that wait', figure: 'ramure, disk, 64 waiting, 300 B', atLeast: 50_000 },
    { what: 'disk, 1 caller that waits', figure: 'ramure, disk, 1 waiting, 300 B', atLeast: 1_800 },
  ],
  run,
}

async function run({ small }: { readonly small: boolean }): Promise<readonly Figure[]> {
  const cases = CASES.filter(({ writer, callers, bytes }) => isHere(writer) && (!small || (callers === 'loop' && bytes === 300)))
  const samples = cases.map((): AppendCase[] => [])
  for (let round = 0; round < (small ? 1 : 4); round += 1) {
    for (const [index, one] of cases.entries()) samples[index]?.push(await measure(one, small ? 10 : 100))
  }
  const figures = cases.flatMap((one, index) => figuresOf(one, samples[index] ?? []))
  return [...figures, overPino(figures)]
}

/** Round by round, as ratios to the floor are. */
function overPino(figures: readonly Figure[]): Figure {
  const rounds = (writer: string) => figures.find(({ name }) => name === nameOf({ writer, callers: 'loop', bytes: 300 }))?.rounds ?? []
  const pino = rounds(PINO)
  return { name: OVER_PINO, unit: 'times', rounds: rounds(OURS).map((rate, round) => rate / (pino[round] ?? Number.NaN)) }
}

async function measure({ writer, callers, bytes }: Case, ms: number): Promise<AppendCase> {
  // node:sqlite says on stderr that it is experimental.
  const { stdout } = await promisify(execFile)(process.execPath, [CHILD, writer, callers, String(bytes), String(ms)])
  return JSON.parse(stdout) as AppendCase
}

/** Only ours and its floors are shown in detail; the others have their rate. */
function figuresOf(one: Case, samples: readonly AppendCase[]): readonly Figure[] {
  const name = nameOf(one)
  const floor = one.writer === FLOOR ? undefined : nameOf({ ...one, writer: FLOOR })
  const figure = (what: string, unit: Unit, pick: (sample: AppendCase) => number): Figure => ({
    name: `${name}${what}`,
    unit,
    rounds: samples.map(pick),
    ...(floor !== undefined && { floor: `${floor}${what}` }),
  })
  const rate = figure('', 'per second', ({ perSecond }) => perSecond)
  if (one.writer !== FLOOR && one.writer !== 'ramure, process') return [rate]
  return [
    rate,
    figure(', CPU', 'us', ({ cpuUs }) => cpuUs),
    figure(', call p50', 'us', ({ callP50Us }) => callP50Us),
    figure(', call p99', 'us', ({ callP99Us }) => callP99Us),
    ...(one.callers === 'loop' ? [] : [figure(', ack p99', 'us', ({ ackP99Us }) => ackP99Us)]),
  ]
}

function nameOf({ writer, callers, bytes }: Case): string {
  return `${writer}, ${callers === 'loop' ? 'loop' : `${callers} waiting`}, ${bytes} B`
}

if (import.meta.main) await main(bench)
