import { queryObjects } from 'node:v8'
import { expect, test } from 'vitest'
import { Scope } from '../../src/runtime/scope.ts'
import { alone, heapMb, manyAgents, manyEvents } from './long-lived.ts'

test('2,000 agents that came and went leave nothing behind', { timeout: 300_000 }, async () => {
  const heap: number[] = []
  const scopes: number[] = []
  const look = (gone: number) => {
    if (gone % 200 !== 0) return
    heap.push(heapMb())
    scopes.push(queryObjects(Scope, { format: 'count' }) as unknown as number)
  }
  await alone(() => manyAgents(2_000, look))
  console.log(`2,000 agents; heap in MB: ${rounded(heap)}; scopes: ${scopes.join(' ')}`)
  expect(Math.max(...scopes)).toBeLessThanOrEqual(10)
  expect(heap.at(-1)).toBeLessThan((heap[1] ?? 0) * 1.1)
})

test('100,000 events of a process take no more memory than the first 10,000, and come in order to an early and a late reader', {
  timeout: 300_000,
}, async () => {
  const heap: number[] = []
  const read = await alone(() => manyEvents(100_000, () => heap.push(heapMb())))
  console.log(`100,000 events; heap in MB: ${rounded(heap)}`)
  expect(heap.at(-1)).toBeLessThan((heap[0] ?? 0) * 1.1)
  expect(read).toEqual({ early: 100_000, late: 100_000 })
})

function rounded(values: readonly number[]): string {
  return values.map((value) => value.toFixed(1)).join(' ')
}
