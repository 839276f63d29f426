import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { jsonlStore } from '../../src/log/jsonl.ts'
import { emitted, startLog } from './entries.ts'
import { tempFolder } from './temp.ts'

test('who waits for the disk is not kept waiting by what is written later', async () => {
  const log = startLog(jsonlStore(tempFolder(), { durability: 'disk' }))
  log.append(emitted('first'))
  log.flush()
  let isDurable = false
  void log.flushed().then(() => (isDurable = true))
  let turns = 0
  // Something is written in every turn, so no sync ever ends with nothing left to sync.
  for (; !isDurable && turns < 20_000; turns += 1) {
    log.append(emitted('more'))
    log.flush()
    await setImmediate()
  }
  expect(turns).toBeLessThan(20_000)
  await log.close()
})

test('everything is durable when it is told so, in order, however many wait', async () => {
  const log = startLog(jsonlStore(tempFolder(), { durability: 'disk' }))
  const told: number[] = []
  const waits: Promise<unknown>[] = []
  for (let turn = 0; turn < 200; turn += 1) {
    const { seq } = log.append(emitted('x'))
    log.flush()
    waits.push(log.flushed().then(() => told.push(seq)))
    if (turn % 3 === 0) await setImmediate()
  }
  await Promise.all(waits)
  expect(told).toEqual(told.toSorted((a, b) => a - b))
  expect(told).toHaveLength(200)
  await log.close()
})
