import { describe, expect, test } from 'vitest'
import { dispatcher } from '../../examples/dispatcher.ts'
import { dispatcherAndExperts, withoutBackend } from './agents/dispatcher.ts'
import { again, IDENTICAL, ofType, play } from './play.ts'

describe('dispatcher', () => {
  test('answers from what the experts said, asked through their endpoints', async () => {
    const { outcome, entries } = await play(dispatcher, ['Why?'], dispatcherAndExperts)
    const reply = 'frontend-expert says: Why? (view); backend-expert says: Why? (data); backend-expert says: Where exactly?'
    expect(outcome).toEqual({ status: 'fulfilled', value: { reply, asked: { frontend: 1, backend: 2 } } })
    expect(ofType(entries, 'endpoint_returned').every(({ data }) => data.ok)).toBe(true)
  })

  test('shows its agent one endpoint of each expert, with a prefix, and no other', async () => {
    const { entries } = await play(dispatcher, ['Why?'], dispatcherAndExperts)
    const shown = ofType(entries, 'tool_registered').filter(({ agent }) => agent === 'dispatcher')
    expect(shown.map(({ data }) => `${data.name}: ${data.description}`)).toEqual([
      'frontend_ask: Ask the expert for the frontend.',
      'backend_ask: Ask the expert for the backend.',
      'reply: The answer for the person who asked.',
    ])
  })

  test('tells its agent that an expert was lost while it was asking', async () => {
    const { outcome, entries } = await play(dispatcher, ['Why?'], withoutBackend)
    expect(
      ofType(entries, 'tool_result')
        .filter(({ agent }) => agent === 'dispatcher')
        .map(({ data }) => data.error ?? data.result),
    ).toEqual(["The process 'expert' has ended: agent 'backend-expert' disconnected", 'Sent.'])
    expect(outcome).toMatchObject({ reason: { code: 'ERR_PROCESS_ENDED' } })
    expect(await again(dispatcher, entries)).toEqual(IDENTICAL)
  })

  test('reruns identically', async () => {
    const { entries } = await play(dispatcher, ['Why?'], dispatcherAndExperts)
    expect(await again(dispatcher, entries)).toEqual(IDENTICAL)
  })
})
