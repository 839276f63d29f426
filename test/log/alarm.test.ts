import { EventEmitter } from 'node:events'
import type { FSWatcher } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { alarmOf, type WatchFolder } from '../../src/log/alarm.ts'
import { jsonlStore } from '../../src/log/jsonl.ts'
import type { Bell, BellListener } from '../../src/log/store.ts'
import { emitted, RUN, seqOf, startLog } from './entries.ts'
import { tempFolder } from './temp.ts'

/** Takes notes of who watches; nothing ever changes by itself. */
function notingWatch() {
  const made: (EventEmitter & { closed: boolean; changed: (event: string) => void })[] = []
  const watchFolder: WatchFolder = (_folder, changed) => {
    const watcher = Object.assign(new EventEmitter(), { closed: false, changed, close: () => void (watcher.closed = true) })
    made.push(watcher)
    // The cast: of a watcher nothing else is used.
    return watcher as unknown as FSWatcher
  }
  return { made, watchFolder, openCount: () => made.filter(({ closed }) => !closed).length }
}

function bellByHand(): { readonly bell: Bell; readonly said: BellListener[]; stopped: boolean } {
  const byHand = {
    said: [] as BellListener[],
    stopped: false,
    bell: {
      listen(listener: BellListener) {
        byHand.said.push(listener)
        return () => void (byHand.stopped = true)
      },
    },
  }
  return byHand
}

function alarm(watchFolder: WatchFolder, bell?: Bell) {
  const made = alarmOf({ folder: tempFolder(), signal: undefined, bell, watchFolder })
  onTestFinished(() => made.stop())
  return made
}

test.for(['ENOSPC', 'EMFILE'])('a follower sees what comes when the system has no watches left (%s)', async (code) => {
  const store = jsonlStore(tempFolder(), {
    watchFolder: () => {
      throw Object.assign(new Error(`${code}: watch`), { code })
    },
  })
  const log = startLog(store)
  log.append(emitted(1))
  log.flush()
  const seqs: unknown[] = []
  for await (const item of store.follow(RUN)) {
    seqs.push(seqOf(item))
    if (seqs.length === 3) void log.close()
    if (seqs.length >= 3) continue
    log.append(emitted(seqs.length))
    log.flush()
  }
  expect(seqs).toEqual([1, 2, 3])
})

test('a watcher that fails later is let go, and the clock goes on', async () => {
  const { made, watchFolder, openCount } = notingWatch()
  const it = alarm(watchFolder)
  const rings = it.rings()
  made[0]?.emit('error', new Error('gone'))
  expect(await rings).toBe(true)
  it.reset()
  expect(openCount()).toBe(0)
  // Nobody tells any more: the clock does.
  expect(await it.rings()).toBe(true)
})

test('the folder is watched whatever the bell does, and either of them rings', async () => {
  const { watchFolder, openCount, made } = notingWatch()
  const byHand = bellByHand()
  const it = alarm(watchFolder, byHand.bell)
  byHand.said[0]?.works()
  expect(openCount()).toBe(1)
  // What happened before its first word is looked for.
  expect(await it.rings()).toBe(true)
  it.reset()
  byHand.said[0]?.rings()
  expect(await it.rings()).toBe(false)
  it.reset()
  made.at(-1)?.changed('change')
  expect(await it.rings()).toBe(false)
  it.renew()
  expect(openCount()).toBe(1)
  it.reset()
  byHand.said[0]?.lost()
  expect(openCount()).toBe(1)
  // Whoever rang may be dead.
  expect(await it.rings()).toBe(true)
})

test('a bell that says nothing is as good as none', async () => {
  const { made, watchFolder } = notingWatch()
  const it = alarm(watchFolder, bellByHand().bell)
  made[0]?.changed('change')
  expect(await it.rings()).toBe(false)
  it.reset()
  expect(await it.rings()).toBe(true)
})

test('what was stopped watches and listens no more', () => {
  const { watchFolder, openCount } = notingWatch()
  const byHand = bellByHand()
  alarm(watchFolder, byHand.bell).stop()
  expect(openCount()).toBe(0)
  expect(byHand.stopped).toBe(true)
})
