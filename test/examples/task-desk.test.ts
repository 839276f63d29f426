import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { taskDesk } from '../../examples/task-desk.ts'
import type { Entry, JsonObject } from '../../src/log/events.ts'
import { type Control, control } from '../../src/wire/control-client.ts'
import { liveRuns } from '../../src/wire/registry.ts'
import { permittedWorker } from './agents/task-desk.ts'
import { again, IDENTICAL, ofType, type Played, play, tempFolder } from './play.ts'

describe('task-desk', () => {
  test('takes tasks while it runs, does the most urgent first, and ends when it is closed', async () => {
    const { outcome, entries } = await openDesk(async (call, worker) => {
      expect(await call('add_task', { spec: 'first' })).toEqual({ id: 1 })
      expect(await call('add_task', { spec: 'can wait', priority: -1 })).toEqual({ id: 2 })
      expect(await call('add_task', { spec: 'urgent', priority: 9 })).toEqual({ id: 3 })
      await worker.finish()
      await worker.finish()
      expect(await call('close')).toBe('Closed with 3 tasks.')
    })
    expect(ofType(entries, 'message').map(({ data }) => data.text)).toEqual(['first', 'urgent', 'can wait'])
    expect(outcome).toMatchObject({
      value: [
        { id: 1, priority: 0, state: 'finished', summary: 'did: first' },
        { id: 2, priority: -1, state: 'working', summary: null },
        { id: 3, priority: 9, state: 'finished', summary: 'did: urgent' },
      ],
    })
  })

  test('refuses a task without a specification, and goes on', async () => {
    const { outcome, entries } = await openDesk(async (call) => {
      await expect(call('add_task', { priority: 1 })).rejects.toThrow(/spec/)
      await expect(call('add_task', { spec: 'x', priority: 'high' })).rejects.toThrow(/priority/)
      await call('close')
    })
    expect(outcome).toEqual({ status: 'fulfilled', value: [] })
    expect(ofType(entries, 'endpoint_returned').map(({ data }) => data.ok)).toEqual([false, false, true])
  })

  test('reruns identically', async () => {
    const { entries } = await openDesk(async (call, worker) => {
      await call('add_task', { spec: 'one' })
      await worker.finish()
      await call('tasks')
      await call('close')
    })
    expect(await again(taskDesk, entries)).toEqual(IDENTICAL)
  })
})

type Call = (endpoint: string, kwargs?: JsonObject) => Promise<unknown>

/** Opens a desk, speaks to it through its control socket as `ramure call` does, and waits for its end. */
async function openDesk(talk: (call: Call, worker: { finish(): Promise<void> }) => Promise<void>): Promise<Played<unknown>> {
  const home = tempFolder()
  const { cast, permit } = permittedWorker()
  const seen = watcher()
  const played = play(taskDesk, [], cast, { home, onEntry: seen.onEntry })
  await seen.next('endpoint_exposed', 3)
  const { live } = await liveRuns(join(home, 'runtimes'))
  const line: Control = control(live[0]?.socket ?? '')
  const call: Call = async (endpoint, kwargs = {}) =>
    (await line.request({ cmd: 'call', endpoint, kwargs, caller: 'external:test' })).result
  let finished = 0
  await talk(call, {
    async finish() {
      permit()
      finished += 1
      await seen.next('tool_result', finished)
    },
  })
  line.close()
  return played
}

function watcher() {
  const counts = new Map<string, number>()
  let wake = () => {}
  return {
    onEntry(entry: Entry) {
      counts.set(entry.type, (counts.get(entry.type) ?? 0) + 1)
      wake()
    },
    /** Resolves when `count` entries of this type were written. */
    async next(type: Entry['type'], count: number) {
      while ((counts.get(type) ?? 0) < count) await new Promise<void>((resolve) => (wake = resolve))
    },
  }
}
