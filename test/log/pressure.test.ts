/** What may wait in the memory of the writer's process is bounded, and nobody sees an entry before it is as durable as promised. */
import { fdatasync, fdatasyncSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { RunLog } from '../../src/log/append.ts'
import { jsonlStore } from '../../src/log/jsonl.ts'
import type { SyncBytes } from '../../src/log/jsonl-writer.ts'
import { memoryStore } from '../../src/log/memory.ts'
import { all, emitted, RUN, seqOf, startLog, upTo } from './entries.ts'
import { tempFolder } from './temp.ts'

/** Appends `count` entries in one go; returns the most that were appended and not yet told. */
function inOneGo(log: RunLog, count: number, data = 'x'): { told: number[]; behindMax: number } {
  const told: number[] = []
  let behindMax = 0
  log.onWritten((entries) => told.push(...entries.map(({ seq }) => seq)))
  for (let n = 0; n < count; n += 1) {
    const { seq } = log.append(emitted(data))
    behindMax = Math.max(behindMax, seq - told.length)
  }
  return { told, behindMax }
}

/** Syncs only when it is let. */
function heldSync(): { sync: SyncBytes; letGo(): void; readonly held: number } {
  const held: (() => void)[] = []
  return {
    sync: (fd, done) => void held.push(() => fdatasync(fd, done)),
    letGo: () => held.splice(0).forEach((go) => go()),
    get held() {
      return held.length
    },
  }
}

describe('a loop of appends without an end', () => {
  test('is written and told while it goes on', async () => {
    const folder = tempFolder()
    const log = startLog(jsonlStore(folder))
    const { told, behindMax } = inOneGo(log, 20_000)
    expect(behindMax).toBe(4096)
    expect(told).toStrictEqual(upTo(told.length))
    expect(told.length).toBeGreaterThanOrEqual(20_000 - 4096)
    const { length } = readFileSync(join(folder, RUN, 'events.jsonl'), 'utf8').split('\n')
    expect(length - 1).toBeGreaterThanOrEqual(told.length)
    await log.close()
    expect(told).toStrictEqual(upTo(20_000))
  })

  test('keeps no more than 4 Mi characters, whatever one entry has', async () => {
    const log = startLog(jsonlStore(tempFolder()))
    const { told, behindMax } = inOneGo(log, 1_000, 'y'.repeat(16 * 1024))
    expect(behindMax).toBeLessThanOrEqual(256)
    await log.close()
    expect(told).toStrictEqual(upTo(1_000))
  })

  test('is slowed down to the disk where the disk is promised', async () => {
    const { sync, letGo } = heldSync()
    const log = startLog(jsonlStore(tempFolder(), { durability: 'disk', sync }))
    const { told, behindMax } = inOneGo(log, 20_000)
    expect(behindMax).toBe(4096)
    expect(told).toStrictEqual(upTo(told.length))
    const closing = log.close()
    letGo()
    await closing
    expect(told).toStrictEqual(upTo(20_000))
  })

  test('is told only of what the disk has', () => {
    const memory = memoryStore()
    const writer = memory.create(RUN)
    let durableSeq = 0
    const slow = {
      ...writer,
      get lastSeq() {
        return writer.lastSeq
      },
      isDurable: false,
      flushed: () => new Promise<void>(() => {}),
      flushDurably: () => void (durableSeq = writer.flush()),
    }
    const log = startLog(memory, slow)
    const early: number[] = []
    log.onWritten((entries) => early.push(...entries.map(({ seq }) => seq).filter((seq) => seq > durableSeq)))
    const { told } = inOneGo(log, 10_000)
    expect(told).toStrictEqual(upTo(8192))
    expect(early).toStrictEqual([])
  })

  test('is not told of what a sync that is still under way has not brought to the disk', async () => {
    const { sync, letGo } = heldSync()
    let isOnDisk = false
    const syncNow = (fd: number) => {
      fdatasyncSync(fd)
      isOnDisk = true
    }
    const log = startLog(jsonlStore(tempFolder(), { durability: 'disk', sync, syncNow }))
    const told: boolean[] = []
    log.onWritten(() => told.push(isOnDisk))
    log.append(emitted('z'.repeat(5 * 1024 * 1024)))
    log.flush()
    log.append(emitted('for this one there is no room'))
    expect(told).toStrictEqual([true])
    const letting = setInterval(letGo, 0)
    await log.close()
    clearInterval(letting)
  })

  test('does not grow the queue of a follower', async () => {
    const log = startLog(jsonlStore(tempFolder()))
    const following = all(log.follow())
    await new Promise(setImmediate)
    inOneGo(log, 20_000)
    await log.close()
    const seen = await following
    expect(seen.filter((item) => 'seq' in item).map(seqOf)).toStrictEqual(upTo(20_000))
    expect(seen.some((item) => 'lagged' in item)).toBe(true)
  })
})

describe('with the disk promised', () => {
  test('listeners, followers and whoever waits hear of an entry after the sync', async () => {
    const { sync, letGo } = heldSync()
    const log = startLog(jsonlStore(tempFolder(), { durability: 'disk', sync }))
    const heard: string[] = []
    log.onWritten((entries) => heard.push(...entries.map(({ seq }) => `listener ${seq}`)))
    const following = (async () => {
      for await (const item of log.follow()) heard.push(`follower ${seqOf(item)}`)
    })()
    log.append(emitted(1))
    log.flush()
    void log.flushed().then(() => heard.push('waiter 1'))
    // While the first sync is under way; the next one covers both of these.
    log.append(emitted(2))
    log.flush()
    log.append(emitted(3))
    log.flush()
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate)
    expect(heard).toStrictEqual([])
    letGo()
    while (heard.length < 3) await new Promise(setImmediate)
    expect(heard.toSorted()).toStrictEqual(['follower 1', 'listener 1', 'waiter 1'])
    const closing = log.close()
    letGo()
    await closing
    await following
    expect(heard.filter((each) => each.startsWith('listener'))).toStrictEqual(['listener 1', 'listener 2', 'listener 3'])
    expect(heard.filter((each) => each.startsWith('follower'))).toStrictEqual(['follower 1', 'follower 2', 'follower 3'])
  })

  test('one sync at a time covers everything that was written before it', async () => {
    const held = heldSync()
    const log = startLog(jsonlStore(tempFolder(), { durability: 'disk', sync: held.sync }))
    for (let n = 0; n < 50; n += 1) {
      log.append(emitted(n))
      log.flush()
    }
    expect(held.held).toBe(1)
    held.letGo()
    while (held.held === 0) await new Promise(setImmediate)
    expect(held.held).toBe(1)
    const flushed = log.flushed()
    held.letGo()
    await flushed
    expect(held.held).toBe(0)
    await log.close()
  })

  test('there is room until half of what may wait does, and again after the sync', async () => {
    const { sync, letGo } = heldSync()
    const log = startLog(jsonlStore(tempFolder(), { durability: 'disk', sync }))
    for (let n = 0; n < 2_047; n += 1) log.append(emitted(n))
    log.flush()
    expect(log.room()).toBeNull()
    log.append(emitted('one more'))
    log.flush()
    const room = log.room()
    expect(room).toBeInstanceOf(Promise)
    const letting = setInterval(letGo, 0)
    await room
    expect(log.room()).toBeNull()
    await log.close()
    clearInterval(letting)
  })
})

describe('a turn that is held', () => {
  test('is one write, however many microtasks it has', async () => {
    let writes = 0
    const write = (...[fd, bytes, offset, length]: [number, Uint8Array, number, number]) => {
      writes += 1
      return writeSync(fd, bytes, offset, length)
    }
    const log = startLog(jsonlStore(tempFolder(), { write }))
    log.hold()
    for (let n = 0; n < 10; n += 1) {
      log.append(emitted(n))
      await Promise.resolve()
    }
    expect(writes).toBe(0)
    log.flush()
    expect(writes).toBe(1)
    log.append(emitted('after the turn'))
    await Promise.resolve()
    expect(writes).toBe(2)
    await log.close()
  })

  test('is written when somebody waits for it', async () => {
    const log = startLog(jsonlStore(tempFolder()))
    const told: number[] = []
    log.onWritten((entries) => told.push(...entries.map(({ seq }) => seq)))
    log.hold()
    log.append(emitted(1))
    await log.flushed()
    expect(told).toStrictEqual([1])
    await log.close()
  })

  test('is told to nobody by a look at its position', async () => {
    const folder = tempFolder()
    const log = startLog(jsonlStore(folder))
    const told: number[] = []
    log.onWritten((entries) => told.push(...entries.map(({ seq }) => seq)))
    log.append(emitted(1))
    expect(log.position().bytes).toBe(readFileSync(join(folder, RUN, 'events.jsonl')).length)
    expect(told).toStrictEqual([])
    await log.flushed()
    expect(told).toStrictEqual([1])
    await log.close()
  })
})
