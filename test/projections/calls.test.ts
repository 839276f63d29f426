import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { calls } from '../../src/projections/calls.ts'
import { emptyHistogram, observe, quantile } from '../../src/projections/histogram.ts'
import { fold } from '../../src/projections/projection.ts'
import { writer } from './entries.ts'
import { reviewLog } from './review-log.ts'

describe('calls', () => {
  it('are pending with the seq and time they started at, and then a number', () => {
    const during = fold(calls, reviewLog(33))
    expect([...during.pending.values()]).toMatchObject([{ kind: 'tool', label: 'approve', agent: 'reviewer', seq: 33 }])
    const submit = fold(calls, reviewLog()).finished.get('tool submit')
    expect(submit).toMatchObject({ ok: 1, failed: 1, latency: { count: 2, sumMs: 79, maxMs: 41 } })
  })

  it('pair effects with the entry that started them, and timers with their name', () => {
    const { write } = writer()
    const one = write({ type: 'exec_started', by: 'program', scope: '/p#0', data: { machine: 'm', command: 'sleep 1', timeout_ms: null } })
    const two = write({ type: 'step_started', by: 'program', scope: '/p#0', data: { name: 'fetch' } })
    const timer = write({ type: 'timer_set', by: 'program', scope: '/p#0', data: { timer: 't1', ms: 50 } })
    const failed = write({ type: 'step_result', by: 'world', scope: '/p#0', cause: two.seq, data: { error: { name: 'E', message: 'm' } } })
    const state = fold(calls, [one, two, timer, failed])
    expect([...state.pending.values()].map((call) => call.kind)).toEqual(['exec', 'timer'])
    expect(state.finished.get('step fetch')).toMatchObject({ ok: 0, failed: 1 })
  })

  it('stay bounded when every label is new', () => {
    const { write } = writer()
    let state = calls.initial()
    for (let n = 0; n < 1000; n++) {
      state = calls.apply(
        state,
        write({ type: 'tool_call', by: 'world', scope: '/p#0', agent: 'a', data: { call_id: `${n}`, tool: `t${n}`, params: {} } }),
      )
      state = calls.apply(
        state,
        write({ type: 'tool_result', by: 'program', scope: '/p#0', agent: 'a', data: { call_id: `${n}`, result: 0 } }),
      )
    }
    expect([state.finished.size, state.finished.get('tool (other)')?.ok, state.pending.size]).toEqual([257, 744, 0])
  })
})

describe('a histogram', () => {
  test.prop([fc.array(fc.double({ min: 1, max: 1e7, noNaN: true }), { minLength: 1 }), fc.double({ min: 0.01, max: 1, noNaN: true })])(
    'gives quantiles within 5 % of the exact ones',
    (durations, share) => {
      const histogram = emptyHistogram()
      for (const ms of durations) observe(histogram, ms)
      const sorted = [...durations].sort((left, right) => left - right)
      const exact = sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] as number
      const near = quantile(histogram, share) as number
      expect(near / exact).toBeGreaterThan(0.95)
      expect(near / exact).toBeLessThan(1.05)
    },
  )

  it('of nothing has no quantile, and knows no more buckets than a year of milliseconds has', () => {
    const histogram = emptyHistogram()
    expect(quantile(histogram, 0.5)).toBeNull()
    for (const ms of [Number.NaN, Number.POSITIVE_INFINITY]) observe(histogram, ms)
    expect(histogram.count).toBe(0)
    for (let exponent = 0; exponent < 300; exponent += 0.25) observe(histogram, 10 ** exponent)
    expect(histogram.buckets.length).toBeLessThan(260)
  })
})
