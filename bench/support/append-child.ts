/**
 * One case of bench/append.ts in a process of its own: `<writer> <callers: loop | 64 | 1> <bytes> <milliseconds>`.
 * Prints its figures as JSON.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { Draft } from '../../src/log/events.ts'
import { WRITERS, type Writer } from './append-writers.ts'

export interface AppendCase {
  readonly entries: number
  readonly perSecond: number
  /** CPU of this process, microseconds per entry. */
  readonly cpuUs: number
  /** Duration of the call itself, in microseconds. */
  readonly callP50Us: number
  readonly callP99Us: number
  /** From the call to its acknowledgement, in microseconds. */
  readonly ackP50Us: number
  readonly ackP99Us: number
  readonly bytesPerEntry: number
}

/** Entries that a caller in a loop emits before it waits. */
const LOOP = 256

const [name = '', callers = 'loop', bytes = '300', milliseconds = '100'] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'ramure-bench-append-'))
try {
  console.log(JSON.stringify(await measure(name, callers, draftsOf(Number(bytes)), Number(milliseconds))))
} finally {
  rmSync(folder, { recursive: true })
}

async function measure(name: string, callers: string, draft: (n: number) => Draft, ms: number): Promise<AppendCase> {
  const writer = WRITERS[name]?.(folder)
  if (!writer) throw new Error(`There is no writer '${name}'.`)
  // The first tens of thousands of calls are those of a compiler at work.
  const warm = await emitFor(writer, callers, draft, 2 * ms, null)
  await setImmediate()
  const cpu = process.cpuUsage()
  const startedMs = performance.now()
  const entries = await emitFor(writer, callers, draft, ms, null)
  const tookMs = performance.now() - startedMs
  const { user, system } = process.cpuUsage(cpu)
  const took = { call: times(), ack: times() }
  const timed = await emitFor(writer, callers, draft, ms / 2, took)
  await writer.acknowledged()
  await writer.close()
  const written = writer.file === null ? 0 : statSync(writer.file).size / (warm + entries + timed)
  return {
    entries,
    perSecond: (entries / tookMs) * 1000,
    cpuUs: (user + system) / entries,
    callP50Us: took.call.at(0.5),
    callP99Us: took.call.at(0.99),
    ackP50Us: took.ack.at(0.5),
    ackP99Us: took.ack.at(0.99),
    bytesPerEntry: written,
  }
}

interface Timed {
  readonly call: Times
  readonly ack: Times
}

/** Emits for so long; returns how many. Calls are timed only when asked, because a look at the clock costs as much as a small part of one. */
async function emitFor(writer: Writer, callers: string, draft: (n: number) => Draft, ms: number, took: Timed | null): Promise<number> {
  const untilMs = performance.now() + ms
  if (callers === 'loop') return inLoop(writer, draft, untilMs, took)
  const counts = Array.from({ length: Number(callers) }, () => awaiting(writer, draft, untilMs, took))
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0)
}

async function inLoop(writer: Writer, draft: (n: number) => Draft, untilMs: number, took: Timed | null): Promise<number> {
  let count = 0
  for (; performance.now() < untilMs; count += LOOP) {
    if (took) for (let n = 0; n < LOOP; n += 1) timedCall(writer, draft(count + n), took)
    else for (let n = 0; n < LOOP; n += 1) writer.emit(draft(count + n))
    await writer.acknowledged()
  }
  return count
}

async function awaiting(writer: Writer, draft: (n: number) => Draft, untilMs: number, took: Timed | null): Promise<number> {
  let count = 0
  while ((count & 15) !== 0 || performance.now() < untilMs) {
    const startedMs = took ? performance.now() : 0
    if (took) timedCall(writer, draft(count), took)
    else writer.emit(draft(count))
    await writer.acknowledged()
    took?.ack.add(performance.now() - startedMs)
    count += 1
  }
  return count
}

function timedCall(writer: Writer, draft: Draft, { call }: Timed): void {
  const startedMs = performance.now()
  writer.emit(draft)
  call.add(performance.now() - startedMs)
}

interface Times {
  add(ms: number): void
  /** Microseconds, 0 when nothing was added. */
  at(share: number): number
}

/** Durations, in an array that does not grow while it measures. */
function times(): Times {
  const ms = new Float64Array(500_000)
  let count = 0
  return {
    add(each) {
      ms[count] = each
      if (count < ms.length - 1) count += 1
    },
    at(share) {
      const sorted = ms.slice(0, count).sort()
      return (sorted[Math.floor(count * share)] ?? 0) * 1000
    },
  }
}

/** Texts with line ends, quotes and a few letters outside of Latin-1: what V8 keeps in two bytes, the slow and usual case. */
function draftsOf(bytes: number): (n: number) => Draft {
  const piece = 'The tests of "auth" fail:\n  expected 401 → got 200.\nLook at the middleware’s order first.\n'
  const note = Array.from(piece.repeat(Math.ceil(bytes / piece.length)))
    .slice(0, Math.floor((bytes - 217) * 0.935))
    .join('')
  return (n) => ({
    type: 'tool_call',
    by: 'world',
    scope: '/buildAndReview#0',
    agent: 'builder',
    aseq: n + 1,
    cause: 160,
    data: { call_id: `tc-${n}`, tool: 'submit', params: { note } },
  })
}
