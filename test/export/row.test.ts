import { describe, expect, it } from 'vitest'
import { costNano, rowMaker } from '../../src/export/row.ts'
import type { Entry } from '../../src/log/events.ts'
import { reviewLog } from '../projections/review-log.ts'
import { rowsOf, sayType } from './rows.ts'

describe('rows', () => {
  const rows = rowsOf(reviewLog())
  const at = (type: string, nth = 0) => rows.filter((row) => row.type === type)[nth]

  it('say which earlier entry they answer, and whether it went well', () => {
    expect(at('tool_result')).toMatchObject({ closes: at('tool_call')?.seq, ok: false, word: 'submit', side: '41 ms' })
    expect(at('tool_result', 1)).toMatchObject({ closes: at('tool_call', 1)?.seq, ok: true })
    expect(at('pi_tool_end')).toMatchObject({ closes: at('pi_tool_start')?.seq, ok: true, side: '14200 ms' })
    expect(at('message_applied')?.closes).toBe(at('message')?.seq)
    expect(at('process_failed')).toMatchObject({ closes: at('process_spawned', 1)?.seq, ok: false })
    expect(at('agent_exited')).toMatchObject({ closes: rows.find((row) => row.agent === 'tester')?.seq, ok: false })
  })

  it('carry the sender of a message and the cost of a report', () => {
    expect(at('message', 1)).toMatchObject({ agent: 'reviewer', from: 'builder' })
    expect(rows.filter((row) => row.type === 'usage').map((row) => row.costNano)).toEqual([920_000_000, null])
    expect([costNano({ total: -1 }), costNano('1'), costNano(Number.NaN), costNano(0)]).toEqual([null, null, null, 0])
  })

  it('count a call that is sent twice once', () => {
    const call = reviewLog().find((entry) => entry.type === 'tool_call') as Entry
    const again = rowsOf([call, { ...call, seq: call.seq + 1 }])
    expect(again.map((row) => row.opens)).toEqual(['tool', 'none'])
  })

  it('know a connection that ended because its agent was asked to go', () => {
    const of = (type: string) => ({ seq: 1, time: '', type, by: 'world', scope: '/p#0', agent: 'a', data: {} }) as unknown as Entry
    const log = ['disconnected', 'shutdown', 'disconnected', 'shutdown', 'agent_created', 'disconnected'].map(of)
    const said = rowsOf(log).filter(({ type }) => type === 'disconnected')
    expect(said.map(({ word }) => word)).toEqual(['disconnected', 'shutdown', 'disconnected'])
  })

  it('are made of any data, also of some that does not fit its type', () => {
    const rowOf = rowMaker(sayType)
    const entry = { seq: 1, time: 'never', type: 'exec_result', by: 'world', scope: '/', data: null } as unknown as Entry
    expect(rowOf(entry)).toMatchObject({ seq: 1, timeMs: 0, opens: 'none', closes: 0, ok: null })
  })

  it("leave out the agent's own word for a call that the run has anyway", () => {
    const start = reviewLog().find((entry) => entry.type === 'pi_tool_start') as Entry & { data: object }
    const submit = { ...start, data: { ...start.data, tool: 'submit' } } as Entry
    expect(rowsOf([start, submit]).map((row) => row.opens)).toEqual(['own_tool', 'none'])
  })
})
