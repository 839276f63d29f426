import { expect, test } from 'vitest'
import type { Entry, EntryOf } from '../../src/log/events.ts'
import { queriesOf } from '../../src/testing/queries.ts'

const call = (seq: number, agent: string, call_id: string): Entry =>
  entry({ seq, type: 'tool_call', agent, data: { call_id, tool: 'ask', params: { seq } } })
const result = (seq: number, agent: string, call_id: string, answer: string): Entry =>
  entry({ seq, type: 'tool_result', agent, data: { call_id, result: answer } })

function entry(said: Pick<EntryOf<'tool_call' | 'tool_result'>, 'seq' | 'type' | 'agent' | 'data'>): Entry {
  return { time: '2026-11-21T09:40:00.000Z', by: 'world', scope: '/p#0', ...said } as Entry
}

test('a call that was delivered twice was made once', () => {
  const { calls } = queriesOf([call(1, 'ann', 'c1'), call(2, 'ann', 'c1'), result(3, 'ann', 'c1', 'yes'), call(4, 'ann', 'c2')])
  expect(calls().map(({ seq, result }) => [seq, result])).toEqual([
    [1, 'yes'],
    [4, undefined],
  ])
})

test('calls of two agents have answers of their own, whatever ids they gave them', () => {
  const { calls } = queriesOf([call(1, 'ann', 'c1'), call(2, 'bob', 'c1'), result(3, 'bob', 'c1', 'no'), result(4, 'ann', 'c1', 'yes')])
  expect(calls().map(({ agent, result }) => [agent, result])).toEqual([
    ['ann', 'yes'],
    ['bob', 'no'],
  ])
  expect(calls({ agent: 'bob' })).toHaveLength(1)
})
