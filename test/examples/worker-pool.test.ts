import { describe, expect, test } from 'vitest'
import { workerPool } from '../../examples/worker-pool.ts'
import { deserter, workers } from './agents/worker-pool.ts'
import { again, IDENTICAL, ofType, play } from './play.ts'

const TASKS = ['one', 'two', 'three', 'four', 'five']

describe('worker-pool', () => {
  test('shares all tasks among its workers, each task once', async () => {
    const { outcome, entries } = await play(workerPool, [TASKS, 2], workers(2))
    const answered = outcome.status === 'fulfilled' ? outcome.value : []
    expect(answered.toSorted((a, b) => TASKS.indexOf(a.task) - TASKS.indexOf(b.task))).toEqual(
      TASKS.map((task) => ({ task, answer: task.toUpperCase() })),
    )
    expect(ofType(entries, 'message').map(({ data }) => data.text)).toEqual(TASKS)
    expect(new Set(ofType(entries, 'tool_call').map(({ agent }) => agent)).size).toBe(2)
  })

  test('cancels its workers when no task is left', async () => {
    const { entries } = await play(workerPool, [TASKS, 2], workers(2))
    expect(ofType(entries, 'process_cancelled').map(({ data }) => data.reason)).toEqual(['no task is left', 'no task is left'])
  })

  test('starts no more workers than there are tasks', async () => {
    const { entries } = await play(workerPool, [['one'], 4], workers(1))
    expect(ofType(entries, 'agent_created')).toHaveLength(1)
  })

  test('fails at once when a worker is lost with its task', async () => {
    const { outcome, entries } = await play(workerPool, [TASKS, 2], deserter)
    expect(outcome).toMatchObject({
      reason: { message: expect.stringMatching(/^A worker was lost: agent 'worker-[0-9a-f]{8}' disconnected$/) },
    })
    // A function of this process does not come back: nobody waits the ten seconds that a lost connection gets.
    expect(ofType(entries, 'run_ended')[0]?.data.duration_ms).toBeLessThan(5_000)
    expect(await again(workerPool, entries)).toEqual(IDENTICAL)
  })

  test('has other names in every run and the recorded ones in a rerun', async () => {
    const first = await play(workerPool, [TASKS, 2], workers(2))
    const second = await play(workerPool, [TASKS, 2], workers(2))
    expect(namesIn(first.entries)).not.toEqual(namesIn(second.entries))
    expect(await again(workerPool, first.entries)).toEqual(IDENTICAL)
    expect(await again(workerPool, second.entries)).toEqual(IDENTICAL)
  })
})

function namesIn(entries: Parameters<typeof ofType>[0]): readonly (string | undefined)[] {
  return ofType(entries, 'agent_created').map(({ agent }) => agent)
}
