import { describe, expect, it } from 'vitest'
import { processes } from '../../src/projections/processes.ts'
import { fold } from '../../src/projections/projection.ts'
import { ENDED_KEPT_MAX } from '../../src/projections/retain.ts'
import { writer } from './entries.ts'
import { reviewLog } from './review-log.ts'

describe('processes', () => {
  it('form a tree by scope path, each with its own agents', () => {
    const state = fold(processes, reviewLog())
    expect(state.roots).toEqual(['/review#0'])
    expect(state.byPath.get('/review#0')).toMatchObject({
      children: ['/review#0/e2e#0'],
      agentsCount: 2,
      state: 'done',
    })
    expect(state.byPath.get('/review#0/e2e#0')).toMatchObject({ parent: '/review#0', agentsCount: 1, state: 'failed', mode: 'spawn' })
    expect(state.counts).toEqual({ running: 0, done: 1, failed: 1, cancelled: 0 })
  })

  it('hang below the process whose handler spawned them', () => {
    const { write } = writer()
    const spawn = (scope: string) =>
      write({ type: 'process_spawned', by: 'program', scope, data: { process: 'p', args: [], mode: 'call' } })
    const state = fold(processes, [spawn('/p#0'), spawn('/p#0/on:tool(a,b)#1/arm/q#0')])
    expect(state.byPath.get('/p#0')?.children).toEqual(['/p#0/on:tool(a,b)#1/arm/q#0'])
  })

  it('keep their first outcome', () => {
    const { write } = writer()
    const log = [
      write({ type: 'process_spawned', by: 'program', scope: '/p#0', data: { process: 'p', args: [], mode: 'call' } }),
      write({ type: 'process_cancelled', by: 'program', scope: '/p#0', data: { reason: 'enough', by: 'program' } }),
      write({ type: 'process_done', by: 'program', scope: '/p#0', data: { result: 1 } }),
    ]
    expect(fold(processes, log)).toMatchObject({ counts: { done: 0, cancelled: 1 } })
  })

  it('are dropped oldest first once a thousand have ended, and the tree stays whole', () => {
    const { write } = writer()
    const spawned = (scope: string) =>
      write({ type: 'process_spawned', by: 'program', scope, data: { process: 'p', args: [], mode: 'spawn' } })
    const log = [spawned('/p#0')]
    for (let n = 0; n < ENDED_KEPT_MAX + 5; n++) {
      log.push(spawned(`/p#0/c#${n}`), write({ type: 'process_done', by: 'program', scope: `/p#0/c#${n}`, data: { result: n } }))
    }
    const state = fold(processes, log)
    expect([state.byPath.size, state.droppedCount, state.counts.done]).toEqual([ENDED_KEPT_MAX + 1, 5, ENDED_KEPT_MAX + 5])
    for (const child of state.byPath.get('/p#0')?.children ?? []) expect(state.byPath.has(child)).toBe(true)
  })
})
