import { describe, expect, test } from 'vitest'
import { buildAndReview } from '../../examples/build-and-review.ts'
import { ExecutionFailed } from '../../src/runtime/errors.ts'
import { builderAndReviewer } from './agents/build-and-review.ts'
import { again, IDENTICAL, ofType, play, talk } from './play.ts'

describe('build-and-review', () => {
  test('sends rejected work back and ends with the approved version', async () => {
    const { outcome, entries } = await play(buildAndReview, ['fizzbuzz'], builderAndReviewer(2))
    expect(outcome).toEqual({ status: 'fulfilled', value: 'version 3' })
    expect(talk(entries).filter((line) => line.startsWith('→ builder'))).toEqual([
      '→ builder: Implement: fizzbuzz',
      '→ builder: Fix: version 1 is wrong',
      '→ builder: Fix: version 2 is wrong',
    ])
    expect(ofType(entries, 'tool_call').map(({ data }) => data.tool)).toEqual(['submit', 'reject', 'submit', 'reject', 'submit', 'approve'])
    expect(ofType(entries, 'connection_added').map(({ data }) => data)).toEqual([{ a: 'builder', b: 'reviewer', direction: 'both' }])
  })

  test('answers every call, the one that ends the run as well', async () => {
    const { entries } = await play(buildAndReview, ['fizzbuzz'], builderAndReviewer(1))
    const answered = ofType(entries, 'tool_result').map(({ data }) => data.call_id)
    expect(answered).toEqual(ofType(entries, 'tool_call').map(({ data }) => data.call_id))
    expect(ofType(entries, 'tool_result').at(-1)?.data.result).toBe('Approved.')
  })

  test('gives up after three rejections and says why', async () => {
    const { outcome, entries } = await play(buildAndReview, ['fizzbuzz'], builderAndReviewer(3))
    expect(outcome).toEqual({ status: 'rejected', reason: expect.any(ExecutionFailed) })
    expect(ofType(entries, 'run_ended').map(({ data }) => [data.outcome, data.error?.message])).toEqual([
      ['failed', 'rejected 3 times, at last because: version 3 is wrong'],
    ])
  })

  test.for([0, 2, 3])('reruns identically after %i rejections', async (rejections) => {
    const { entries } = await play(buildAndReview, ['fizzbuzz'], builderAndReviewer(rejections))
    expect(await again(buildAndReview, entries)).toEqual(IDENTICAL)
  })
})
