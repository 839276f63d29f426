/**
 * What a replay costs: recordings of 1,000, 10,000 and 100,000 outputs, one after the other and 100 at a time, replayed
 * from the file to the verdict, each in a Node process of its own; beside the floor of any replay (parse every line, digest
 * every output, one macrotask turn for every input). `small memory` is how `ramure replay` starts a program. And how long `ramure replay` takes to hand over the first input.
 * `node bench/replay.ts [--json [file]] [--small]`.
 */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Json, RunStarted } from '../src/log/events.ts'
import { SMALL_MEMORY } from '../src/replay/program.ts'
import type { Bench, Figure, Unit } from './support/bench.ts'
import { main } from './support/main.ts'

const CASES = ['floor, sequential', 'sequential', 'sequential, small memory', 'floor, 100 at a time', '100 at a time'] as const
type Case = (typeof CASES)[number]

const SIZES = [1_000, 10_000, 100_000]

export const bench: Bench = {
  name: 'replay',
  promises: [
    { what: '1,000 outputs', figure: 'sequential, 1000', atMost: 200 },
    { what: '10,000 outputs', figure: 'sequential, 10000', atMost: 1_000 },
    { what: '100,000 outputs', figure: 'sequential, 100000', atMost: 8_000 },
    { what: 'CPU, 100,000 outputs', figure: 'sequential, 100000, CPU', timesFloorAtMost: 2.5 },
    { what: '10,000 outputs, 100 at a time', figure: '100 at a time, 10000', atMost: 1_500 },
    { what: 'memory of `ramure replay`, 100,000 outputs', figure: 'sequential, small memory, 100000, RSS', atMost: 300 },
    { what: 'ten times as many outputs', figure: '100,000 over 10,000 outputs', atMost: 12 },
    { what: 'from start to first input', figure: 'to the first input', atMost: 300 },
  ],
  run,
}

async function run({ small }: { readonly small: boolean }): Promise<readonly Figure[]> {
  const rounds = small ? 1 : 5
  const sizes = small ? [200] : SIZES
  const folder = mkdtempSync(join(tmpdir(), 'ramure-bench-replay-'))
  try {
    writeFileSync(join(folder, 'child.mjs'), CHILD)
    for (const outputs of sizes) for (const width of [1, 100]) writeRecording(folder, outputs, width)
    const measured = new Map<string, Measured[]>()
    for (let round = 0; round < rounds; round += 1) {
      for (const outputs of sizes) {
        for (const name of CASES) {
          const key = `${name}, ${outputs}`
          measured.set(key, [...(measured.get(key) ?? []), await inChild(name, folder, outputs)])
        }
      }
    }
    const figures = sizes.flatMap((outputs) => CASES.flatMap((name) => figuresOf(name, outputs, measured.get(`${name}, ${outputs}`) ?? [])))
    return [...figures, ...growth(figures), ...(await startUp(folder, small ? 1 : 11))]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function figuresOf(name: Case, outputs: number, measured: readonly Measured[]): readonly Figure[] {
  const floor = name.includes('100') ? 'floor, 100 at a time' : 'floor, sequential'
  const figure = (ending: string, unit: Unit, pick: (one: Measured) => number): Figure => ({
    name: `${name}, ${outputs}${ending}`,
    unit,
    rounds: measured.map(pick),
    ...(name !== floor && { floor: `${floor}, ${outputs}${ending}` }),
  })
  return [
    figure('', 'ms', ({ wallMs }) => wallMs),
    figure(', CPU', 'ms', ({ cpuMs }) => cpuMs),
    figure(', RSS', 'MB', ({ rssMb }) => rssMb),
  ]
}

/** How much longer ten times as many outputs take. */
function growth(figures: readonly Figure[]): readonly Figure[] {
  const [few, many] = [10_000, 100_000].map((outputs) => figures.find(({ name }) => name === `sequential, ${outputs}`)?.rounds)
  if (!few || !many) return []
  return [{ name: '100,000 over 10,000 outputs', unit: 'times', rounds: many.map((ms, round) => ms / (few[round] ?? Number.NaN)) }]
}

interface Measured {
  readonly wallMs: number
  readonly cpuMs: number
  readonly rssMb: number
}

const nameOf = (outputs: number, width: number) => `steps-${outputs}-${width}`
const widthOf = (name: Case) => (name.includes('100') ? 100 : 1)

/** What the program below writes when each question of a round is answered in turn, after all of them were asked. */
function writeRecording(folder: string, outputs: number, width: number): void {
  const path = join(folder, nameOf(outputs, width))
  mkdirSync(path)
  const count = outputs - 2
  const lines: string[] = []
  const startedMs = Date.UTC(2026, 10, 21)
  const scope = '/steps#0'
  let cause = 0
  const add = (head: object, data: object): number => {
    const seq = lines.length + 1
    lines.push(JSON.stringify({ seq, time: new Date(startedMs + seq).toISOString(), ...head, data }))
    return seq
  }
  add({ type: 'run_started', by: 'runtime', scope: '/' }, headerOf([count, width]))
  add({ type: 'process_spawned', by: 'program', scope }, { process: 'steps', args: [count, width], mode: 'call' })
  let sum = 0
  for (let from = 0; from < count; from += width) {
    const size = Math.min(width, count - from)
    const withCause = cause === 0 ? {} : { cause }
    const asked = Array.from({ length: size }, (_, nth) =>
      add({ type: 'step_started', by: 'program', scope, ...withCause }, { name: `work ${nth}` }),
    )
    for (const [nth, seq] of asked.entries()) {
      sum += from + nth
      cause = add(
        { type: 'step_result', by: 'world', scope, cause: seq },
        { value: { n: from + nth, note: 'an answer of a usual length, as commands give it' } },
      )
    }
  }
  add({ type: 'process_done', by: 'program', scope, cause }, { result: sum })
  add({ type: 'run_ended', by: 'runtime', scope: '/' }, { outcome: 'completed', result: sum, duration_ms: lines.length })
  writeFileSync(join(path, 'events.jsonl'), `${lines.join('\n')}\n`)
}

function headerOf(args: readonly Json[], program: string | null = null): RunStarted {
  return {
    ...{ v: 1, run: 'still-wren-00000000', ramure: '0.0.0', flags: [], seed: '0'.repeat(32), process: 'steps', root: 0, args },
    ...{ summary: null, program, argv: [], cwd: '/', pid: 1, host: 'bench', node: process.version, tz: 'UTC', server_url: null },
    ...{ code: { commit: null, dirty: null, files: {} }, parent: null },
  }
}

async function inChild(name: Case, folder: string, outputs: number): Promise<Measured> {
  const path = join(folder, nameOf(outputs, widthOf(name)))
  const flags = name.endsWith('small memory') ? SMALL_MEMORY : []
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, join(folder, 'child.mjs'), name, path])
  return JSON.parse(stdout) as Measured
}

/**
 * In a process of its own, with the built library as users have it: one replay, or one round of the floor. As many questions
 * are asked as there are outputs, but two: the start of the process and its end.
 */
const CHILD = `import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { agentProcess, step } from ${JSON.stringify(built('index.js'))}
import { digest } from ${JSON.stringify(built('log.js'))}
import { replay } from ${JSON.stringify(built('replay.js'))}

const steps = agentProcess('steps', async (count, width) => {
  let sum = 0
  for (let from = 0; from < count; from += width) {
    const round = Array.from({ length: Math.min(width, count - from) }, (_, nth) => step('work ' + nth, () => null))
    for (const { n } of await Promise.all(round)) sum += n
  }
  return sum
})

async function floor(file) {
  const entries = readFileSync(file, 'utf8').trimEnd().split('\\n').map((line) => JSON.parse(line))
  const recorded = entries.map((entry) => (entry.by === 'program' ? digest(entry.data) : ''))
  for (const [index, entry] of entries.entries()) {
    if (entry.by === 'program' && recorded[index] !== digest(entry.data)) throw new Error('#' + entry.seq + ' differs')
    if (entry.by === 'world') await new Promise((resolve) => setImmediate(resolve))
  }
}

const [, , name, path] = process.argv
const startedMs = performance.now()
const startedCpu = process.cpuUsage()
if (name.startsWith('floor')) await floor(join(path, 'events.jsonl'))
else {
  const { verdict, reason, divergences } = await replay(steps, path)
  if (verdict !== 'identical') throw new Error(verdict + ': ' + JSON.stringify(reason ?? divergences))
}
const { user, system } = process.cpuUsage(startedCpu)
const rssMb = process.resourceUsage().maxRSS / 1024
console.log(JSON.stringify({ wallMs: performance.now() - startedMs, cpuMs: (user + system) / 1000, rssMb }))
`

function built(file: string): string {
  return fileURLToPath(new URL(`../dist/${file}`, import.meta.url))
}

/** `ramure replay` as people call it: the built command, which starts the program again. */
async function startUp(folder: string, rounds: number): Promise<readonly Figure[]> {
  const stamp = join(folder, 'stamp')
  const program = join(folder, 'program.mjs')
  writeFileSync(program, programOf(built('index.js'), stamp))
  const path = join(folder, nameOf(52, 1))
  writeRecording(folder, 52, 1)
  const log = readFileSync(join(path, 'events.jsonl'), 'utf8').split('\n')
  writeFileSync(
    join(path, 'events.jsonl'),
    [log[0]?.replace('"program":null', `"program":${JSON.stringify(program)}`), ...log.slice(1)].join('\n'),
  )
  const figures = { first: [] as number[], verdict: [] as number[], node: [] as number[] }
  for (let round = 0; round < rounds; round += 1) {
    const startedMs = Date.now()
    await promisify(execFile)(process.execPath, [built('cli.js'), 'replay', path])
    figures.verdict.push(Date.now() - startedMs)
    figures.first.push(Number(readFileSync(stamp, 'utf8')) - startedMs)
    const nodeMs = Date.now()
    await promisify(execFile)(process.execPath, ['-e', '0'])
    figures.node.push(Date.now() - nodeMs)
  }
  return [
    { name: 'to the first input', unit: 'ms', rounds: figures.first, floor: 'Node alone' },
    { name: 'to the verdict', unit: 'ms', rounds: figures.verdict, floor: 'Node alone' },
    { name: 'Node alone', unit: 'ms', rounds: figures.node },
  ]
}

/** The steps again, as a program of its own that notes when it got the first answer. */
function programOf(library: string, stamp: string): string {
  return `import { AsyncLocalStorage } from 'node:async_hooks'
import { writeFileSync } from 'node:fs'
import { agentProcess, step } from ${JSON.stringify(library)}
const outside = AsyncLocalStorage.snapshot()
const now = Date.now.bind(Date)
await agentProcess('steps', async (count) => {
  let sum = 0
  for (let n = 0; n < count; n += 1) {
    sum += (await step('work 0', () => null)).n
    if (n === 0) outside(() => writeFileSync(${JSON.stringify(stamp)}, String(now())))
  }
  return sum
})(50)
`
}

if (import.meta.main) await main(bench)
