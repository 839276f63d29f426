import { it as property } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { exportOtlp } from '../../src/export/otlp.ts'
import { exportPerfetto } from '../../src/export/perfetto.ts'
import type { Span } from '../../src/export/spans.ts'
import type { TraceEvent } from '../../src/export/trace-events.ts'
import { encodeEntry } from '../../src/log/codec.ts'
import type { Draft, Entry } from '../../src/log/events.ts'
import { memoryStore } from '../../src/log/memory.ts'
import { redactor } from '../../src/log/redact.ts'
import type { LogStore } from '../../src/log/store.ts'
import { anyLog } from '../projections/arbitrary.ts'
import { reviewLog } from '../projections/review-log.ts'
import { sayType } from './rows.ts'

const RUN = 'brisk-otter-4q7m2xk9'

function stored(entries: readonly Entry[]): LogStore {
  const store = memoryStore()
  const writer = store.create(RUN)
  for (const entry of entries) writer.append(entry.seq, encodeEntry(entry, JSON.stringify((entry as Draft).data)))
  writer.flush()
  return store
}

async function textOf(pieces: AsyncGenerator<string, unknown>): Promise<string> {
  let text = ''
  for await (const piece of pieces) text += piece
  return text
}

async function perfetto(entries: readonly Entry[]): Promise<TraceEvent[]> {
  const text = await textOf(exportPerfetto({ store: stored(entries), run: RUN, say: sayType, redact: redactor({}) }))
  return JSON.parse(text).traceEvents
}

async function otlp(entries: readonly Entry[], env = {}): Promise<Span[]> {
  const text = await textOf(exportOtlp({ store: stored(entries), run: RUN, redact: redactor(env) }))
  return text
    .trim()
    .split('\n')
    .flatMap((line) => JSON.parse(line).resourceSpans[0].scopeSpans[0].spans)
}

/** The rules of the Trace Event Format that a viewer relies on, each broken one as a sentence. */
function wrongWith(events: readonly TraceEvent[]): string[] {
  return [...events.flatMap(wrongShape), ...wrongNesting(events), ...wrongArrows(events), ...unnamedTracks(events)]
}

function wrongShape(event: TraceEvent): string[] {
  const isWhole = (value: unknown) => Number.isSafeInteger(value)
  const wrong = [
    [isWhole(event.pid) && isWhole(event.tid), 'pid and tid are whole numbers'],
    [['X', 'i', 'C', 's', 'f', 'M'].includes(event.ph), 'the phase is known'],
    [event.ph === 'M' || (typeof event.ts === 'number' && event.ts >= 0), 'a time is a number from 0 on'],
    [event.ph !== 'X' || (typeof event.dur === 'number' && event.dur > 0), 'a slice has a length'],
    [event.ph !== 'C' || Object.values(event.args ?? {}).every((value) => typeof value === 'number'), 'a counter counts'],
    [event.ph !== 'i' || event.s === 't', 'an instant has a scope'],
    [typeof event.name === 'string' && event.name !== '', 'everything has a name'],
    [typeof event.cat === 'string' && event.cat !== '', 'everything has a category'],
  ] as const
  return wrong.filter(([right]) => !right).map(([, rule]) => `${JSON.stringify(event)}: ${rule}`)
}

function slicesByTrack(events: readonly TraceEvent[]): Map<string, { from: number; to: number; name: string }[]> {
  const tracks = new Map<string, { from: number; to: number; name: string }[]>()
  for (const { ph, pid, tid, ts = 0, dur = 0, name } of events) {
    if (ph !== 'X') continue
    tracks.set(`${pid}/${tid}`, [...(tracks.get(`${pid}/${tid}`) ?? []), { from: ts, to: ts + dur, name }])
  }
  return tracks
}

/** In one track a slice is inside of another or beside it. */
function wrongNesting(events: readonly TraceEvent[]): string[] {
  return [...slicesByTrack(events).values()].flatMap((slices) => {
    const around: typeof slices = []
    const wrong: string[] = []
    for (const slice of slices.toSorted((a, b) => a.from - b.from || b.to - a.to)) {
      while ((around.at(-1)?.to ?? Number.POSITIVE_INFINITY) <= slice.from) around.pop()
      const outer = around.at(-1)
      if (outer && slice.to > outer.to) wrong.push(`${slice.name} reaches out of ${outer.name}`)
      around.push(slice)
    }
    return wrong
  })
}

/** An arrow has one beginning and one end, both inside of a slice. */
function wrongArrows(events: readonly TraceEvent[]): string[] {
  const tracks = slicesByTrack(events)
  const ends = new Map<string, string[]>()
  const outside = events
    .filter(({ ph }) => ph === 's' || ph === 'f')
    .filter(({ pid, tid, ts = 0, ph, id, cat }) => {
      ends.set(`${cat} ${id}`, [...(ends.get(`${cat} ${id}`) ?? []), ph])
      return !(tracks.get(`${pid}/${tid}`) ?? []).some(({ from, to }) => from <= ts && ts <= to)
    })
  const halves = [...ends].filter(([, phases]) => phases.toSorted().join('') !== 'fs').map(([key]) => `arrow ${key} has no two ends`)
  return [...halves, ...outside.map((event) => `${JSON.stringify(event)} is in no slice`)]
}

function unnamedTracks(events: readonly TraceEvent[]): string[] {
  const named = new Set(events.filter(({ name }) => name === 'thread_name').map(({ pid, tid }) => `${pid}/${tid}`))
  const groups = new Set(events.filter(({ name }) => name === 'process_name').map(({ pid }) => pid))
  const drawn = events.filter(({ ph }) => ph !== 'M' && ph !== 'C')
  const unnamed = drawn.filter(({ pid, tid }) => !named.has(`${pid}/${tid}`) || !groups.has(pid))
  return unnamed.map(({ pid, tid }) => `track ${pid}/${tid} has no name`)
}

describe('a Chrome trace', () => {
  it('has tracks per process and agent, slices for calls and arrows for messages', async () => {
    const events = await perfetto(reviewLog())
    expect(wrongWith(events)).toEqual([])
    const names = (name: string) => events.filter((event) => event.name === name).map(({ args }) => args?.['name'])
    expect(names('process_name')).toEqual(['run', 'review#0', 'e2e#0'])
    expect(names('thread_name')).toEqual([
      'run',
      'main',
      'builder',
      'reviewer',
      'builder turns',
      'builder calls',
      'main',
      'tester',
      'reviewer calls',
    ])
    const calls = events.filter(({ ph, cat }) => ph === 'X' && (cat === 'tool' || cat === 'own_tool'))
    expect(calls.map(({ dur = 0, args }) => [Math.round(dur / 1000), args?.['ok']])).toEqual([
      [14_200, true],
      [41, false],
      [38, true],
      [19, true],
    ])
    expect(events.filter(({ name, ph }) => name === 'message' && ph === 's')).toHaveLength(1)
    expect(events.filter(({ name }) => name === 'cost USD').map(({ args }) => args?.['usd'])).toEqual([0.92])
  })

  it('says what never ended', async () => {
    const events = await perfetto(reviewLog(24))
    expect(wrongWith(events)).toEqual([])
    expect(events.filter(({ args }) => args?.['unfinished'] === true).map(({ name }) => name)).toContain('builder')
  })

  it('of a run without an entry is still one', async () => {
    expect(await perfetto([])).toEqual([])
  })

  property.prop([anyLog])('keeps the rules of the format, whatever happens in a run', async (log) => {
    expect(wrongWith(await perfetto(log))).toEqual([])
  })
})

describe('the rules of the format', () => {
  const slice = (from: number, dur: number): TraceEvent => ({ ph: 'X', cat: 'c', name: 'a', pid: 1, tid: 1, ts: from, dur })
  const names: TraceEvent[] = [
    { ph: 'M', cat: 'c', name: 'process_name', pid: 1, tid: 0, args: { name: 'p' } },
    { ph: 'M', cat: 'c', name: 'thread_name', pid: 1, tid: 1, args: { name: 't' } },
  ]

  it('see slices that overlap, arrows with one end or outside, and tracks without a name', () => {
    expect(wrongWith([...names, slice(0, 10), slice(2, 3), slice(10, 5)])).toEqual([])
    expect(wrongWith([...names, slice(0, 10), slice(5, 10)])).toHaveLength(1)
    expect(wrongWith([...names, slice(0, 10), { ph: 's', cat: 'c', name: 'm', pid: 1, tid: 1, ts: 1, id: 1 }])).toHaveLength(1)
    const arrow = [
      { ph: 's', cat: 'c', name: 'm', pid: 1, tid: 1, ts: 1, id: 1 },
      { ph: 'f', cat: 'c', name: 'm', pid: 1, tid: 1, ts: 99, id: 1 },
    ] as TraceEvent[]
    expect(wrongWith([...names, slice(0, 10), ...arrow])).toHaveLength(1)
    expect(wrongWith([slice(0, 10)])).toHaveLength(1)
  })
})

const attributesOf = (span: Span | undefined) =>
  Object.fromEntries((span?.attributes ?? []).map(({ key, value }) => [key, Object.values(value)[0]]))

describe('OpenTelemetry traces', () => {
  it('have spans for the run, processes, agents, turns and calls, each below its own', async () => {
    const spans = await otlp(reviewLog())
    const byId = new Map(spans.map((span) => [span.spanId, span]))
    const pathOf = (span: Span): string => {
      const parent = byId.get(span.parentSpanId ?? '')
      return parent ? `${pathOf(parent)} > ${span.name}` : span.name
    }
    expect(spans.map(pathOf)).toEqual([
      'run review > invoke_workflow review > agent builder > invoke_agent builder > execute_tool bash',
      'run review > invoke_workflow review > agent builder > invoke_agent builder > execute_tool submit',
      'run review > invoke_workflow review > agent builder > invoke_agent builder > execute_tool submit',
      'run review > invoke_workflow review > agent builder > invoke_agent builder',
      'run review > invoke_workflow review > invoke_workflow e2e > agent tester',
      'run review > invoke_workflow review > invoke_workflow e2e',
      'run review > invoke_workflow review > agent reviewer > execute_tool approve',
      'run review > invoke_workflow review > agent builder',
      'run review > invoke_workflow review > agent reviewer',
      'run review > invoke_workflow review',
      'run review',
    ])
  })

  it('use the names of the GenAI conventions and say which version', async () => {
    const spans = await otlp(reviewLog())
    const [own, failed] = spans
    expect(attributesOf(own)).toMatchObject({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'bash',
      'gen_ai.agent.name': 'builder',
    })
    expect(failed?.status).toEqual({ code: 2, message: 'Not sent.' })
    expect(attributesOf(failed)['error.type']).toBe('tool_error')
    const turn = spans.find(({ name }) => name === 'invoke_agent builder')
    expect(attributesOf(turn)).toMatchObject({
      'gen_ai.provider.name': 'p',
      'gen_ai.response.model': 'sonnet',
      'gen_ai.usage.input_tokens': '61000',
      'gen_ai.usage.output_tokens': '200',
      'ramure.usage.cost_usd': 0.92,
    })
    const text = await textOf(exportOtlp({ store: stored(reviewLog()), run: RUN, redact: redactor({}) }))
    expect(JSON.parse(text).resourceSpans[0].schemaUrl).toBe('https://opentelemetry.io/schemas/1.41.0')
  })

  it('tell nothing of what was said', async () => {
    const text = JSON.stringify(await otlp(reviewLog()))
    for (const content of ['fizzbuzz', 'for (;;)', 'npm test', 'Review:']) expect(text).not.toContain(content)
  })

  property.prop([anyLog])('have ids that are whole, single and the same every time, and ends after their beginnings', async (log) => {
    const spans = await otlp(log)
    expect(await otlp(log)).toEqual(spans)
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length)
    for (const span of spans) {
      expect(span.traceId).toMatch(/^[0-9a-f]{32}$/)
      expect(span.spanId).toMatch(/^[0-9a-f]{16}$/)
      expect(BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano)).toBe(true)
      if (span.parentSpanId) expect(spans.some(({ spanId }) => spanId === span.parentSpanId)).toBe(true)
    }
    expect(spans.filter(({ parentSpanId }) => parentSpanId === undefined)).toHaveLength(1)
  })
})
