import { describe, expect, test } from 'vitest'
import type { Entry } from '../../src/log/events.ts'
import { rerun } from '../../src/replay/rerun.ts'
import { agent } from '../../src/runtime/agent.ts'
import { sleep, step } from '../../src/runtime/effects.ts'
import type { Definition } from '../../src/runtime/lifecycle.ts'
import { emit, wait } from '../../src/runtime/process.ts'
import { recordSimulated } from '../runtime/simulated-world.ts'

const HOUR_MS = 3_600_000
const definition = (fn: () => Promise<unknown>, timeoutMs?: number): Definition => ({ name: 'main', fn, image: undefined, timeoutMs })

/** A recording as `kill -9` leaves it: everything before the first entry that `isCut` accepts. */
async function cutOff(program: Definition, isCut: (entry: Entry) => boolean): Promise<readonly Entry[]> {
  const { entries } = await recordSimulated(program, { seed: 5 })
  return entries.slice(0, entries.findIndex(isCut))
}

describe('past the end of a recording that was cut off', () => {
  test('timers fire in the order of their deadlines, and hours take no time', async () => {
    const program = definition(async () => {
      await sleep(1)
      const later = sleep(2 * HOUR_MS).then(() => emit('second'))
      await sleep(HOUR_MS)
      emit('first', Date.now())
      await later
      return 'ended'
    })
    const recording = await cutOff(program, (entry) => entry.type === 'timer_set' && entry.data.ms > 1)
    const again = await rerun(program, recording, { pastEnd: true })
    expect(again).toMatchObject({ differences: [], ended: true, outcome: { outcome: 'completed', result: 'ended' } })
    const events = again.trace().flatMap(({ what }) => (what.type === 'emit' ? [what.data.event] : []))
    expect(events).toEqual(['first', 'second'])
  })

  test('a process that waits for a silent agent ends by its timeout', async () => {
    const program = definition(async () => {
      await agent('worker')
      return wait()
    }, HOUR_MS)
    const recording = await cutOff(program, (entry) => entry.type === 'registered')
    const again = await rerun(program, recording, { pastEnd: true })
    expect(again.outcome).toMatchObject({ outcome: 'timed_out', error: { name: 'TimeoutError' } })
  })

  test('without a timeout it would wait for ever', async () => {
    const recording = await cutOff(
      definition(async () => void emit('begun')),
      (entry) => entry.type === 'process_done',
    )
    const program = definition(async () => {
      emit('begun')
      return wait()
    })
    expect(await rerun(program, recording, { pastEnd: true })).toMatchObject({ ended: false, outcome: null })
  })

  test('no step is run: it is answered with an error', async () => {
    let steps = 0
    const program = definition(() => step('count', () => (steps += 1)).catch((error: Error) => error.message))
    const recording = await cutOff(program, (entry) => entry.type === 'step_result')
    const again = await rerun(program, recording, { pastEnd: true })
    expect(again.outcome).toMatchObject({ outcome: 'completed', result: 'The recording ends before this was answered.' })
    expect(steps).toBe(1)
  })

  test('a whole recording is compared to its end and not continued', async () => {
    const program = definition(async () => sleep(1))
    const { entries } = await recordSimulated(program, { seed: 5 })
    expect(await rerun(program, entries, { pastEnd: true })).toMatchObject({ differences: [], ended: true, deliveredCount: 1 })
  })
})
