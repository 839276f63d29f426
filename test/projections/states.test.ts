import { describe, expect, it } from 'vitest'
import type { Entry } from '../../src/log/events.ts'
import { attention } from '../../src/projections/attention.ts'
import { edges } from '../../src/projections/connections.ts'
import { allEndpoints, endpoints } from '../../src/projections/endpoints.ts'
import { overview } from '../../src/projections/overview.ts'
import { problems } from '../../src/projections/problems.ts'
import { fold } from '../../src/projections/projection.ts'
import { fromSnapshot, toSnapshot } from '../../src/projections/snapshot.ts'
import { timeline } from '../../src/projections/timeline.ts'
import { runStarted, writer } from './entries.ts'
import { reviewLog } from './review-log.ts'

const later = (entries: readonly Entry[], ms: number) => new Date(Date.parse(entries.at(-1)?.time ?? '') + ms).toISOString()

describe('run', () => {
  it('is starting, then running, then what its last entry says', () => {
    const status = (until?: number) => fold(overview, reviewLog(until)).run.status
    expect([status(0), status(1), status(2), status(39), status()]).toEqual(['starting', 'starting', 'running', 'running', 'completed'])
    expect(fold(overview, reviewLog()).run).toMatchObject({
      process: 'review',
      args: ['fizzbuzz'],
      pid: 4242,
      durationMs: 18_000,
      result: 'fizzbuzz.ts',
      formatVersion: 1,
    })
  })

  it('runs again after it was resumed', () => {
    const { write } = writer()
    const log = [
      write(runStarted()),
      write({ type: 'run_ended', by: 'runtime', scope: '/', data: { outcome: 'cancelled', duration_ms: 1 } }),
      write({ type: 'run_resumed', by: 'runtime', scope: '/', data: { after_seq: 2, gap_ms: 5 } }),
    ]
    expect(fold(overview, log).run).toMatchObject({ status: 'running', endedAt: null, resumes: 1 })
  })
})

const created = {
  type: 'agent_created',
  by: 'program',
  scope: '/',
  data: { machine: 'm', system_prompt: false, model: null, driver: 'pi' },
} as const

describe('connections', () => {
  it('are sorted edges, two of them for both directions', () => {
    const { write } = writer()
    const add = (a: string, b: string, direction: 'both' | 'forward') =>
      write({ type: 'connection_added', by: 'program', scope: '/', data: { a, b, direction } })
    const agents = ['a', 'b', 'c'].map((agent) => write({ ...created, agent }))
    const state = fold(overview, [...agents, add('b', 'c', 'forward'), add('b', 'a', 'both'), add('a', 'b', 'both')])
    expect(edges(state.connections)).toEqual([
      { a: 'a', b: 'b' },
      { a: 'b', b: 'a' },
      { a: 'b', b: 'c' },
    ])
  })
})

describe('endpoints', () => {
  it('count their calls and latency, and go with their process unless it is a root', () => {
    const { write } = writer()
    const spawned = (scope: string) =>
      write({ type: 'process_spawned', by: 'program', scope, data: { process: 'p', args: [], mode: 'call' } })
    const exposed = (scope: string, endpoint: string) =>
      write({
        type: 'endpoint_exposed',
        by: 'program',
        scope,
        data: { endpoint, definition: { name: endpoint, description: '', parameters: { type: 'object' } } },
      })
    const log = [
      spawned('/p#0'),
      spawned('/p#0/q#0'),
      exposed('/p#0', 'add'),
      exposed('/p#0/q#0', 'add'),
      write({
        type: 'endpoint_called',
        by: 'world',
        scope: '/p#0',
        data: { call_id: '1', endpoint: 'add', kwargs: {}, caller: 'external:cli' },
      }),
      write({
        type: 'endpoint_returned',
        by: 'program',
        scope: '/p#0',
        data: { call_id: '1', endpoint: 'add', ok: true, duration_ms: 12 },
      }),
      write({ type: 'endpoint_called', by: 'world', scope: '/p#0', data: { call_id: '2', endpoint: 'nope', kwargs: {}, caller: 'x' } }),
      write({ type: 'process_done', by: 'program', scope: '/p#0/q#0', data: { result: null } }),
    ]
    const state = fold(endpoints, log)
    expect(allEndpoints(state)).toMatchObject([
      { process: '/p#0', calls: { ok: 1, failed: 0, open: 0 }, latency: { count: 1, sumMs: 12, maxMs: 12 } },
    ])
    expect([state.unknownCount, state.open.size]).toEqual([1, 0])
  })
})

describe('usage', () => {
  it('belongs to the agent, its process and everything above, and tells unpriced from free', () => {
    const { usage } = fold(overview, reviewLog())
    expect(usage.byAgent.get('builder')?.own).toMatchObject({
      totalTokens: 61_200,
      costNanoUsd: 920_000_000,
      pricedCount: 1,
      unpricedCount: 0,
    })
    expect(usage.byProcess.get('/review#0/e2e#0')?.subtree).toMatchObject({ totalTokens: 4_100, costNanoUsd: 0, unpricedCount: 1 })
    expect(usage.byProcess.get('/review#0')?.own.totalTokens).toBe(61_200)
    expect(usage.byProcess.get('/review#0')?.subtree.totalTokens).toBe(65_300)
    expect(usage.byAgent.get('reviewer')?.own.reportsCount).toBe(0)
  })
})

describe('timeline', () => {
  it('has a lane per agent with what it did when', () => {
    const lane = fold(timeline, reviewLog()).lanes.get('builder')
    expect(lane?.segments.map(({ kind, label, ok, fromMs, toMs }) => [kind, label, ok, toMs - fromMs])).toEqual([
      ['own_tool', 'bash', true, 14_200],
      ['tool', 'submit', false, 41],
      ['tool', 'submit', true, 38],
      ['turn', 'turn', null, 16_359],
    ])
    expect(lane?.toMs).not.toBeNull()
  })

  it('keeps the newest 500 segments of a lane and counts the others', () => {
    const { write } = writer()
    let state = timeline.initial()
    state = timeline.apply(
      state,
      write({
        type: 'agent_created',
        by: 'program',
        scope: '/',
        agent: 'a',
        data: { machine: 'm', system_prompt: false, model: null, driver: 'pi' },
      }),
    )
    for (let n = 0; n < 600; n++) {
      for (const type of ['turn_start', 'turn_end'] as const)
        state = timeline.apply(state, write({ type, by: 'world', scope: '/', agent: 'a', data: {} }))
    }
    expect([state.lanes.get('a')?.segments.length, state.lanes.get('a')?.droppedCount]).toEqual([500, 100])
  })
})

describe('attention', () => {
  it('says what failed, what was refused and who vanished, newest first, and not who was sent home', () => {
    const log = reviewLog()
    const all = attention(fold(overview, log), later(log, 0))
    expect(all.map(({ kind, who }) => `${kind} ${who}`)).toEqual([
      'process_failed /review#0/e2e#0',
      'agent_exited tester',
      'send_refused builder',
      'warning WARN_UNRECORDED_IO',
    ])
    expect(all[1]?.message).toBe('exited (exit 137, SIGKILL, by unknown): Killed')
  })

  it('says what has waited too long, as long as somebody may still answer', () => {
    const log = reviewLog(33)
    const state = fold(overview, log)
    const kinds = (ms: number, live = true) =>
      attention(state, later(log, ms), { live })
        .filter((each) => each.forMs !== null)
        .map((each) => each.kind)
    expect(kinds(1000)).toEqual([])
    expect(kinds(61_000)).toEqual(['unapplied', 'unanswered'])
    expect(kinds(61_000, false)).toEqual([])
  })

  it('names an agent that never registered and one whose connection is gone', () => {
    const { write, entries } = writer()
    for (const agent of ['a', 'b'])
      write({
        type: 'agent_created',
        by: 'program',
        scope: '/',
        agent,
        data: { machine: 'm', system_prompt: false, model: null, driver: 'pi' },
      })
    write({ type: 'disconnected', by: 'world', scope: '/', agent: 'b', data: {} })
    expect(attention(fold(overview, entries), later(entries, 40_000)).map(({ kind, who }) => `${who} ${kind}`)).toEqual([
      'a unregistered',
      'b disconnected',
    ])
  })

  it('counts repeated warnings instead of listing them, and drops the oldest problem after 200', () => {
    const { write } = writer()
    let state = problems.initial()
    for (let n = 0; n < 250; n++) {
      state = problems.apply(state, write({ type: 'warning', by: 'runtime', scope: '/', data: { code: 'W', message: `m${n}` } }))
      state = problems.apply(state, write({ type: 'send_refused', by: 'program', scope: '/', agent: 'a', data: { to: 'b', why: `w${n}` } }))
    }
    expect(state.warnings.get('W')).toMatchObject({ count: 250, message: 'm249', firstSeq: 1 })
    expect([state.noted.length, state.droppedCount, state.noted[0]?.message]).toEqual([200, 50, 'to b: w50'])
  })
})

describe('a snapshot', () => {
  it('of another version or another projection is refused', () => {
    const snapshot = toSnapshot(timeline, timeline.initial(), 0)
    expect(fromSnapshot(timeline, { ...snapshot, version: 99 })).toBeNull()
    expect(fromSnapshot(endpoints, snapshot)).toBeNull()
  })
})
