/**
 * What appending costs: entries of about 300 bytes through the run log into a JSONL store, beside its floors in the same
 * process and rounds. Every case is awaited each 256 entries. `node bench/append.ts [--json] [--small]`.
 */
import { appendFileSync, closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runLog } from '../src/log/append.ts'
import type { Draft } from '../src/log/events.ts'
import { jsonlStore } from '../src/log/jsonl.ts'
import { redactor } from '../src/log/redact.ts'
import { middle } from './support/figures.ts'

export interface AppendFigures {
  readonly name: string
  /** Entries a second, median of the rounds. */
  readonly perSecond: number
  /** Share of what encoding alone reaches in the same rounds. */
  readonly ofEncodeOnly: number
  /** Duration of one call in microseconds. */
  readonly callP50Us: number
  readonly callP99Us: number
  readonly bytesPerEntry: number
}

/** Measures all cases, interleaved; `small` makes one short round. */
export async function run({ small }: { readonly small: boolean }): Promise<readonly AppendFigures[]> {
  const rounds = small ? 1 : 7
  const entries = small ? 2_000 : 60_000
  const results = new Map(CASES.map(({ name }) => [name, [] as Round[]]))
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, start } of CASES) results.get(name)?.push(await measure(start, entries))
  }
  const base = middle((results.get('encode only') ?? []).map(({ perSecond }) => perSecond))
  return CASES.map(({ name }) => figures(name, results.get(name) ?? [], base))
}

interface Case {
  readonly name: string
  start(folder: string): Running
}

interface Running {
  emit(index: number): void
  acknowledged(): Promise<void>
  close(): Promise<void>
  readonly file: string | null
}

interface Round {
  readonly perSecond: number
  readonly callsUs: Float64Array
  readonly bytesPerEntry: number
}

const CASES: readonly Case[] = [
  { name: 'encode only', start: encodeOnly },
  { name: 'run log', start: throughRunLog },
  { name: 'writeSync per line', start: writePerLine },
  { name: 'appendFileSync per line', start: appendPerLine },
]

const TEXT =
  'The tests of "auth" fail:\n  expected 401 → got 200.\nLook at the middleware’s order, then run them again with the café fixture.\n'

function draftOf(index: number): Draft {
  return {
    type: 'tool_call',
    by: 'world',
    scope: '/buildAndReview#0',
    agent: 'builder',
    aseq: index + 1,
    cause: 160,
    data: { call_id: `tc-${index}`, tool: 'submit', params: { note: TEXT } },
  }
}

/** The least that any log of JSON lines does: one text and its UTF-8 bytes. */
function encodeOnly(): Running {
  const buffer = Buffer.allocUnsafe(1024 * 1024)
  let offset = 0
  return {
    emit(index) {
      if (offset > 1024 * 1024 - 4096) offset = 0
      offset += buffer.write(lineOf(index), offset)
    },
    acknowledged: async () => undefined,
    close: async () => undefined,
    file: null,
  }
}

function throughRunLog(folder: string): Running {
  const store = jsonlStore(folder)
  const id = 'brisk-otter-4q7m2xk9'
  const log = runLog({ store, run: id, writer: store.create(id), clock: Date.now, redact: redactor(process.env) })
  return {
    emit: (index) => void log.append(draftOf(index)),
    acknowledged: () => log.flushed(),
    close: () => log.close(),
    file: join(folder, id, 'events.jsonl'),
  }
}

function writePerLine(folder: string): Running {
  const file = join(folder, 'lines.jsonl')
  const fd = openSync(file, 'a')
  return { emit: (index) => void writeSync(fd, lineOf(index)), acknowledged: async () => undefined, close: async () => closeSync(fd), file }
}

function appendPerLine(folder: string): Running {
  const file = join(folder, 'lines.jsonl')
  return { emit: (index) => appendFileSync(file, lineOf(index)), acknowledged: async () => undefined, close: async () => undefined, file }
}

function lineOf(index: number): string {
  const { type, by, scope, agent, aseq, cause, data } = draftOf(index)
  const time = new Date().toISOString()
  return `{"seq":${index + 1},"time":"${time}","type":"${type}","by":"${by}","scope":"${scope}","agent":"${agent}","aseq":${aseq},"cause":${cause},"data":${JSON.stringify(data)}}\n`
}

async function measure(start: Case['start'], entries: number): Promise<Round> {
  const folder = mkdtempSync(join(tmpdir(), 'ramure-bench-append-'))
  try {
    const running = start(folder)
    const callsUs = new Float64Array(entries)
    const startedMs = performance.now()
    for (let index = 0; index < entries; index += 1) {
      const calledMs = performance.now()
      running.emit(index)
      callsUs[index] = (performance.now() - calledMs) * 1000
      if (index % 256 === 255) await running.acknowledged()
    }
    await running.acknowledged()
    const perSecond = (entries / (performance.now() - startedMs)) * 1000
    const bytesPerEntry = running.file === null ? 0 : statSync(running.file).size / entries
    await running.close()
    return { perSecond, callsUs: callsUs.sort(), bytesPerEntry }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function figures(name: string, rounds: readonly Round[], encodePerSecond: number): AppendFigures {
  const perSecond = middle(rounds.map((round) => round.perSecond))
  return {
    name,
    perSecond: Math.round(perSecond),
    ofEncodeOnly: Number((perSecond / encodePerSecond).toFixed(2)),
    callP50Us: Number(middle(rounds.map(({ callsUs }) => callsUs[Math.floor(callsUs.length * 0.5)] ?? 0)).toFixed(2)),
    callP99Us: Number(middle(rounds.map(({ callsUs }) => callsUs[Math.floor(callsUs.length * 0.99)] ?? 0)).toFixed(2)),
    bytesPerEntry: Math.round(middle(rounds.map((round) => round.bytesPerEntry))),
  }
}

if (import.meta.main) {
  const results = await run({ small: process.argv.includes('--small') })
  if (process.argv.includes('--json')) console.log(JSON.stringify({ bench: 'append', node: process.version, results }))
  else console.table(results)
}
