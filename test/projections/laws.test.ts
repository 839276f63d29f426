/** The laws that hold for every projection, over logs of any shape. */
import { fc, test } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import type { Entry } from '../../src/log/events.ts'
import { agents } from '../../src/projections/agents.ts'
import { calls } from '../../src/projections/calls.ts'
import { combine } from '../../src/projections/combine.ts'
import { connections } from '../../src/projections/connections.ts'
import { endpoints } from '../../src/projections/endpoints.ts'
import { machines } from '../../src/projections/machines.ts'
import { overview } from '../../src/projections/overview.ts'
import { problems } from '../../src/projections/problems.ts'
import { processes } from '../../src/projections/processes.ts'
import { fold, type Projection } from '../../src/projections/projection.ts'
import { run } from '../../src/projections/run.ts'
import { fromSnapshot, toSnapshot } from '../../src/projections/snapshot.ts'
import { timeline } from '../../src/projections/timeline.ts'
import { addUsage, emptyUsage, usage } from '../../src/projections/usage.ts'
import { anyLog } from './arbitrary.ts'

const everything = combine({ overview, timeline })
const logAndCut = anyLog.chain((log) => fc.tuple(fc.constant(log), fc.nat({ max: log.length })))

/** What two equal states have in common, in comparable form. */
const written = (entries: readonly Entry[]) => toSnapshot(everything, fold(everything, entries), entries.length)

describe('every projection', () => {
  test.prop([logAndCut])('gives the same state when a log is folded in two parts', ([log, cut]) => {
    const inTwo = fold(everything, log.slice(cut), fold(everything, log.slice(0, cut)))
    expect(toSnapshot(everything, inTwo, log.length)).toEqual(written(log))
  })

  test.prop([anyLog])('gives the same state when a log is folded twice, and leaves the entries as they were', (log) => {
    const before = JSON.stringify(log)
    expect(written(log)).toEqual(written(log))
    expect(JSON.stringify(log)).toBe(before)
  })

  test.prop([logAndCut])('goes on from a snapshot, through JSON, as from the first entry', ([log, cut]) => {
    const half = fold(everything, log.slice(0, cut))
    const stored = JSON.parse(JSON.stringify(toSnapshot(everything, half, cut)))
    const state = fromSnapshot(everything, stored)
    expect(state).not.toBeNull()
    const resumed = fold(everything, log.slice(cut), state as NonNullable<typeof state>)
    expect(resumed).toEqual(fold(everything, log))
    expect(JSON.stringify(toSnapshot(everything, resumed, log.length))).toBe(JSON.stringify(written(log)))
  })

  test.prop([anyLog])('is left as it was by entries of types that it says do not concern it', (log) => {
    for (const part of [
      run,
      processes,
      agents,
      machines,
      connections,
      endpoints,
      calls,
      usage,
      problems,
      timeline,
    ] as Projection<never>[]) {
      if (part.types === undefined) continue
      const state = fold(part, log)
      const before = JSON.stringify(toSnapshot(part, state, 0))
      for (const entry of log) if (!part.types.includes(entry.type)) part.apply(state, entry)
      expect(JSON.stringify(toSnapshot(part, state, 0))).toBe(before)
    }
  })

  test.prop([anyLog, fc.jsonValue()])('ignores types it does not know', (log, data) => {
    const unknown = log.map((entry) => ({ ...entry, type: 'from_the_future', data }) as never as Entry)
    const { run: _run, ...known } = fold(overview, unknown)
    const { run: _start, ...nothing } = overview.initial()
    // The agents' last sign of life and the run's count of events move, and nothing else.
    expect(known).toEqual(nothing)
  })

  test.prop([anyLog])('counts every call as open, answered, or left behind by an agent that has gone', (log) => {
    const { calls } = fold(overview, log)
    const started = log.filter((entry) =>
      ['tool_call', 'endpoint_called', 'exec_started', 'step_started', 'timer_set'].includes(entry.type),
    )
    const finished = [...calls.finished.values()].reduce((sum, each) => sum + each.ok + each.failed, 0)
    expect(finished + calls.pending.size).toBeLessThanOrEqual(started.length)
    for (const each of calls.finished.values()) expect(each.latency.count).toBe(each.ok + each.failed)
    for (const call of calls.pending.values()) expect(log[call.seq - 1]?.time).toBe(call.since)
  })
})

describe('usage', () => {
  test.prop([anyLog])('adds up: what agents used themselves is what the tree used', (log) => {
    const state = fold(usage, log)
    for (const [path, process] of state.byProcess) {
      const sum = emptyUsage()
      addUsage(sum, process.own)
      for (const child of state.byProcess.values()) if (child.parent === path) addUsage(sum, child.subtree)
      expect(sum).toEqual(process.subtree)
    }
    const reports = log.filter((entry) => entry.type === 'usage').length
    expect(state.total.reportsCount).toBe(reports)
    expect(state.total.pricedCount + state.total.unpricedCount).toBe(reports)
  })

  test.prop([anyLog])('never takes an unknown price for a price of nothing', (log) => {
    const unpriced = log.filter((entry) => entry.type === 'usage' && !('cost' in entry.data)).length
    expect(fold(usage, log).total.unpricedCount).toBe(unpriced)
  })
})
