import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Entry } from '../../src/log/events.ts'
import { jsonlStore } from '../../src/log/jsonl.ts'
import { acquireLock, type Lock } from '../../src/log/lock.ts'
import type { Lagged, LogStore, Unreadable } from '../../src/log/store.ts'
import { all, emitted, RUN, seqOf, startLog, upTo } from './entries.ts'
import { tempFolder } from './temp.ts'

interface ByHand {
  readonly store: LogStore
  readonly file: string
  readonly lock: Lock
  readonly next: () => Promise<Entry | Unreadable | Lagged>
  readonly rest: () => Promise<unknown[]>
}

/** A run whose writer is this test: it holds the lock and puts bytes into the file as it likes. */
function byHand(content: string): ByHand {
  const folder = tempFolder()
  const path = join(folder, RUN)
  mkdirSync(path)
  const lock = acquireLock(path)
  if (!('release' in lock)) throw new Error('The lock of a new folder is free.')
  onTestFinished(() => lock.release())
  const file = join(path, 'events.jsonl')
  writeFileSync(file, content)
  const store = jsonlStore(folder)
  const iterator = store.follow(RUN)[Symbol.asyncIterator]()
  const next = async (): Promise<Entry | Unreadable | Lagged> => {
    const item = await iterator.next()
    if (item.done === true) throw new Error('The follower has ended.')
    return item.value
  }
  return { store, file, lock, next, rest: async () => (await Array.fromAsync({ [Symbol.asyncIterator]: () => iterator })).map(seqOf) }
}

async function linesOf(count: number): Promise<string[]> {
  const folder = tempFolder()
  const log = startLog(jsonlStore(folder))
  for (let n = 0; n < count; n += 1) log.append(emitted('é'))
  await log.close()
  return readFileSync(join(folder, RUN, 'events.jsonl'), 'utf8')
    .split('\n')
    .slice(0, -1)
}

test('a half line is waited for, wherever it is cut', async () => {
  const [one = '', two = ''] = await linesOf(2)
  const bytes = Buffer.from(`${two}\n`)
  const { file, lock, next, rest } = byHand(`${one}\n`)
  expect(seqOf(await next())).toBe(1)
  const waiting = next()
  for (const byte of bytes) {
    appendFileSync(file, Buffer.of(byte))
    if (byte > 127) await new Promise(setImmediate)
  }
  expect(seqOf(await waiting)).toBe(2)
  lock.release()
  expect(await rest()).toStrictEqual([])
})

test('torn bytes that a repair cuts off are never seen', async () => {
  const [one = '', two = '', three = ''] = await linesOf(3)
  const { file, lock, next, rest } = byHand(`${one}\n${two.slice(0, 30)}`)
  expect(seqOf(await next())).toBe(1)
  const waiting = next()
  await new Promise(setImmediate)
  truncateSync(file, Buffer.byteLength(one) + 1)
  appendFileSync(file, `${two}\n${three}\n`)
  expect(seqOf(await waiting)).toBe(2)
  lock.release()
  expect(await rest()).toStrictEqual([3])
})

test('a file that has another in its place is read on behind the last seq that was seen', async () => {
  const lines = await linesOf(5)
  const [one, two, three, four, five] = lines.map((line) => `${line}\n`)
  const { file, lock, next, rest } = byHand(`${one}${two}`)
  expect([seqOf(await next()), seqOf(await next())]).toStrictEqual([1, 2])
  const waiting = next()
  await new Promise(setImmediate)
  writeFileSync(`${file}.new`, `${one}${two}${three}${four}`)
  renameSync(`${file}.new`, file)
  expect(seqOf(await waiting)).toBe(3)
  appendFileSync(file, five ?? '')
  lock.release()
  expect(await rest()).toStrictEqual([4, 5])
})

test('a file that was cut and has grown beyond the place again is not read from the middle of a line', async () => {
  const lines = await linesOf(6)
  const { file, lock, next, rest } = byHand(`${lines[0]}\n${lines[1]}\noops\noops\n`)
  expect([seqOf(await next()), seqOf(await next())]).toStrictEqual([1, 2])
  const waiting = next()
  await new Promise(setImmediate)
  // In one turn of this process, so the reader sees only the outcome: a longer file with other bytes.
  truncateSync(file, Buffer.byteLength(`${lines[0]}\n${lines[1]}\n`))
  appendFileSync(
    file,
    lines
      .slice(2)
      .map((line) => `${line}\n`)
      .join(''),
  )
  expect(seqOf(await waiting)).toBe(3)
  lock.release()
  expect(await rest()).toStrictEqual([4, 5, 6])
})

test('a file that is gone was read to its end', async () => {
  const lines = await linesOf(3)
  const { file, lock, next, rest } = byHand(`${lines[0]}\n`)
  expect(seqOf(await next())).toBe(1)
  const seen = rest()
  await new Promise(setImmediate)
  appendFileSync(file, `${lines[1]}\n`)
  rmSync(file)
  lock.release()
  expect(await seen).toStrictEqual([2])
})

test('what a writer wrote just before it went is still yielded', async () => {
  const lines = await linesOf(40)
  const { file, lock, next, rest } = byHand(`${lines[0]}\n`)
  expect(seqOf(await next())).toBe(1)
  const seen = rest()
  await new Promise(setImmediate)
  appendFileSync(
    file,
    lines
      .slice(1)
      .map((line) => `${line}\n`)
      .join(''),
  )
  lock.release()
  expect(await seen).toStrictEqual(upTo(40, 2))
})

test('it starts anywhere in a long log at once', async () => {
  const folder = tempFolder()
  const store = jsonlStore(folder)
  const log = startLog(store)
  for (let n = 0; n < 5_000; n += 1) log.append(emitted('x'.repeat(n % 300)))
  await log.close()
  for (const after of [0, 1, 2_499, 4_999, 5_000, 6_000])
    expect((await all(store.follow(RUN, { after }))).map(seqOf)).toStrictEqual(upTo(5_000, after + 1))
})

test('after a place that the file has not reached, what comes before it is not yielded, whatever became of the file', async () => {
  const lines = await linesOf(8)
  const text = (from: number, to: number): string =>
    lines
      .slice(from - 1, to)
      .map((line) => `${line}\n`)
      .join('')
  const { store, file, lock } = byHand(text(1, 5))
  const iterator = store.follow(RUN, { after: 7 })[Symbol.asyncIterator]()
  const waiting = iterator.next()
  await new Promise(setImmediate)
  const other = `${file}.other`
  writeFileSync(other, text(1, 8))
  renameSync(other, file)
  lock.release()
  const { value } = await waiting
  expect(seqOf(value as Entry)).toBe(8)
  await iterator.return?.()
})
