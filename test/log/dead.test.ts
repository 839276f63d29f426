import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { RunLog } from '../../src/log/append.ts'
import type { RamureError } from '../../src/log/error.ts'
import { jsonlStore } from '../../src/log/jsonl.ts'
import type { WriteBytes } from '../../src/log/jsonl-writer.ts'
import { all, emitted, RUN, seqOf, startLog, upTo } from './entries.ts'
import { tempFolder } from './temp.ts'

const dead = (message: string): unknown =>
  expect.objectContaining({ code: 'ERR_LOG_DEAD', message: expect.stringContaining(message), cause: expect.any(Error) })

/** Everything a caller can do with a log that failed. */
async function expectDead(log: RunLog, message: string): Promise<void> {
  expect(log.dead).toEqual(dead(message))
  expect(() => log.append(emitted('late'))).toThrow(dead(message))
  expect(() => log.flush()).toThrow(dead(message))
  await expect(log.flushed()).rejects.toThrow(dead(message))
  await expect(log.close()).rejects.toThrow(dead(message))
  expect(await all(log.follow({ after: log.lastSeq }))).toStrictEqual([])
}

test('L4 a full disk ends the run: what was acknowledged stays, nothing is acknowledged after it', async () => {
  const full = openSync('/dev/full', 'w')
  onTestFinished(() => closeSync(full))
  let room = 2_000
  const write: WriteBytes = (fd, bytes, offset, length) => {
    if (room === 0) return writeSync(full, bytes, offset, length)
    const written = writeSync(fd, bytes, offset, Math.min(length, room))
    room -= written
    return written
  }
  const store = jsonlStore(tempFolder(), { write })
  const log = startLog(store)
  const delivered: number[] = []
  const deaths: RamureError[] = []
  log.onWritten((entries) => delivered.push(...entries.map(({ seq }) => seq)))
  log.onDead((error) => deaths.push(error))
  let acknowledged = 0
  await expect(async () => {
    for (;;) {
      const { seq } = log.append(emitted('some text'))
      await log.flushed()
      acknowledged = seq
    }
  }).rejects.toThrow(dead('ENOSPC'))
  expect(acknowledged).toBeGreaterThan(5)
  expect(delivered).toStrictEqual(upTo(acknowledged))
  expect(deaths).toHaveLength(1)
  await expectDead(log, 'ENOSPC')
  expect((await all(store.read(RUN))).map(seqOf)).toStrictEqual(upTo(acknowledged))
  // The half line that fitted is set aside when somebody goes on.
  room = Infinity
  const next = startLog(store, store.open(RUN))
  next.append(emitted('goes on'))
  await next.close()
  expect((await all(store.read(RUN))).map(seqOf)).toStrictEqual(upTo(acknowledged + 2))
})

test('L4 short writes are continued', async () => {
  const store = jsonlStore(tempFolder(), { write: (fd, bytes, offset, length) => writeSync(fd, bytes, offset, Math.min(length, 7)) })
  const log = startLog(store)
  for (let n = 0; n < 50; n += 1) log.append(emitted('é🦦'.repeat(n)))
  await log.close()
  expect((await all(store.read(RUN))).map(seqOf)).toStrictEqual(upTo(50))
})

test('L4 a deleted folder ends the run', async () => {
  const folder = tempFolder()
  const log = startLog(jsonlStore(folder))
  log.append(emitted(1))
  await log.flushed()
  rmSync(join(folder, RUN), { recursive: true })
  log.append(emitted(2))
  await expect(log.flushed()).rejects.toThrow(dead('was deleted'))
  await expectDead(log, 'was deleted')
})

test('L4 a blob that cannot be written ends the run before its line is there', async () => {
  const folder = tempFolder()
  const log = startLog(jsonlStore(folder))
  rmSync(join(folder, RUN), { recursive: true })
  expect(() => log.append(emitted('x'.repeat(100_000)))).toThrow(dead('ENOENT'))
  expect(log.lastSeq).toBe(0)
  await expectDead(log, 'ENOENT')
})

test('L4 who waits for the end of a turn in which an append ends the run is told', async () => {
  const folder = tempFolder()
  const log = startLog(jsonlStore(folder))
  log.append(emitted('short'))
  const flushed = log.flushed()
  rmSync(join(folder, RUN), { recursive: true })
  expect(() => log.append(emitted('x'.repeat(100_000)))).toThrow(dead('ENOENT'))
  await expect(flushed).rejects.toThrow(dead('ENOENT'))
})

test('L4 a failed sync ends a run that promised the disk', async () => {
  const store = jsonlStore(tempFolder(), {
    durability: 'disk',
    sync: (_, done) => setImmediate(done, new Error('EIO: the device is gone')),
  })
  const log = startLog(store)
  const told: unknown[] = []
  log.onWritten((entries) => told.push(entries))
  log.append(emitted(1))
  log.flush()
  await expect(log.flushed()).rejects.toThrow(dead('EIO'))
  expect(() => log.append(emitted(2))).toThrow(dead('EIO'))
  expect(told).toStrictEqual([])
})

test('the failure of a write that nobody awaits is told at the end of the turn', async () => {
  const log = startLog(
    jsonlStore(tempFolder(), {
      write: () => {
        throw new Error('the cable was pulled')
      },
    }),
  )
  const told = new Promise<RamureError>((resolve) => log.onDead(resolve))
  log.append(emitted(1))
  expect(log.dead).toBeNull()
  expect(await told).toEqual(dead('the cable was pulled'))
  await expectDead(log, 'the cable was pulled')
})
