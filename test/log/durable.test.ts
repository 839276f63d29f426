/** What `durability: 'disk'` promises, on disks that fail at the worst moment. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { RunLog } from '../../src/log/append.ts'
import { jsonlStore } from '../../src/log/jsonl.ts'
import { emitted, RUN, startLog } from './entries.ts'
import { tempFolder } from './temp.ts'

/** What failed to be written back is told once to each opening of the file, as Linux does; who asked for it hears late. */
function failingDisk() {
  let failures = 0
  const toldOf = new Map<number, number>()
  const late: (() => void)[] = []
  const ask = (fd: number): Error | null => {
    const isNews = failures > (toldOf.get(fd) ?? 0)
    toldOf.set(fd, failures)
    return isNews ? new Error('EIO: the device is gone') : null
  }
  return {
    fail: () => void (failures += 1),
    hear: () => late.splice(0).forEach((tell) => tell()),
    options: {
      durability: 'disk' as const,
      sync: (fd: number, done: (error: Error | null) => void) => {
        const error = ask(fd)
        late.push(() => done(error))
      },
      syncNow: (fd: number) => {
        const error = ask(fd)
        if (error !== null) throw error
      },
    },
  }
}

/** Appends without an end of the turn; returns what ended it. */
function flood(log: RunLog): unknown {
  try {
    for (let n = 0; n < 10_000; n += 1) log.append(emitted('x'))
    return null
  } catch (error) {
    return error
  }
}

describe('a sync that has failed, but has told nobody yet', () => {
  test('is no success for who cannot wait for it', async () => {
    const disk = failingDisk()
    const log = startLog(jsonlStore(tempFolder(), disk.options))
    const told: number[] = []
    log.onWritten((entries) => told.push(...entries.map(({ seq }) => seq)))
    log.append(emitted('first'))
    disk.fail()
    log.flush()
    expect(flood(log)).toMatchObject({ code: 'ERR_LOG_DEAD', message: expect.stringContaining('EIO') })
    expect(told).toStrictEqual([])
    disk.hear()
    await expect(log.flushed()).rejects.toMatchObject({ code: 'ERR_LOG_DEAD' })
    await expect(log.close()).rejects.toMatchObject({ code: 'ERR_LOG_DEAD' })
    expect(told).toStrictEqual([])
  })

  test('ends the log when it is heard, also of what was brought to the disk meanwhile', async () => {
    const disk = failingDisk()
    const log = startLog(jsonlStore(tempFolder(), disk.options))
    log.append(emitted('first'))
    log.flush()
    expect(flood(log)).toBeNull()
    disk.fail()
    const waiting = log.flushed()
    disk.hear()
    // The sync that follows is the one that fails.
    await new Promise(setImmediate)
    disk.hear()
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_LOG_DEAD' })
    await log.close().catch(() => {})
  })
})

describe('the names that lead to what is promised', () => {
  function namedDisk(root: string) {
    const synced: string[] = []
    return {
      synced,
      options: { durability: 'disk' as const, syncFolder: (folder: string) => void synced.push(folder.slice(root.length) || '/') },
    }
  }

  test('are on the disk before the first entry: of the run, and of every folder that was made for it', async () => {
    const root = tempFolder()
    const { synced, options } = namedDisk(root)
    const log = startLog(jsonlStore(join(root, 'home', 'logs'), options))
    expect(synced).toStrictEqual([`/home/logs/${RUN}`, '/home/logs', '/home', '/'])
    await log.close()
  })

  test('are those of the run alone where the logs folder was there', async () => {
    const root = tempFolder()
    mkdirSync(join(root, 'logs'))
    const { synced, options } = namedDisk(root)
    await startLog(jsonlStore(join(root, 'logs'), options)).close()
    expect(synced).toStrictEqual([`/logs/${RUN}`, '/logs'])
  })

  test('hold for a text beside the log before the line that refers to it', async () => {
    const root = tempFolder()
    const blobs = join(root, RUN, 'blobs')
    const calls: string[] = []
    const log = startLog(
      jsonlStore(root, {
        durability: 'disk',
        syncFolder: (folder) =>
          void calls.push(folder === blobs ? 'blobs' : folder === root ? 'logs' : `run ${existsSync(blobs) ? 'with' : 'without'} blobs`),
        sync: (_, done) => {
          calls.push(`log ${readFileSync(join(root, RUN, 'events.jsonl'), 'utf8').split('\n').length - 1}`)
          done(null)
        },
      }),
    )
    for (const letter of ['a', 'b']) {
      log.append(emitted(letter.repeat(70_000)))
      await log.flushed()
    }
    await log.close()
    expect(calls).toStrictEqual(['run without blobs', 'logs', 'run with blobs', 'blobs', 'log 1', 'blobs', 'log 2'])
  })

  test('of an opened run are brought there again: its writer may have been killed in between', async () => {
    const root = tempFolder()
    const first = startLog(jsonlStore(root))
    first.append(emitted('x'.repeat(70_000)))
    await first.close()
    const { synced, options } = namedDisk(root)
    const store = jsonlStore(root, options)
    await startLog(store, store.open(RUN)).close()
    expect(synced).toStrictEqual([`/${RUN}/blobs`, `/${RUN}`, '/'])
  })

  test('are nobody’s concern where only the process is promised to survive', async () => {
    const root = tempFolder()
    const { synced, options } = namedDisk(root)
    const log = startLog(jsonlStore(root, { ...options, durability: 'process' }))
    log.append(emitted('x'.repeat(70_000)))
    await log.close()
    expect(synced).toStrictEqual([])
  })
})

describe('a run that cannot be begun', () => {
  test('leaves nothing behind, is no mistake of the program, and may begin later', async () => {
    const root = tempFolder()
    let isFull = true
    const store = jsonlStore(join(root, 'logs'), {
      durability: 'disk',
      syncFolder: () => {
        if (isFull) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
      },
    })
    expect(() => store.create(RUN)).toThrow(
      expect.objectContaining({ code: 'ERR_STORE_UNREACHABLE', message: expect.stringContaining('ENOSPC') }),
    )
    expect(readdirSync(join(root, 'logs'))).toStrictEqual([])
    isFull = false
    const log = startLog(store)
    log.append(emitted('begun'))
    await log.close()
    isFull = true
    expect(() => store.create(RUN)).toThrow(expect.objectContaining({ code: 'ERR_RUN_EXISTS' }))
    expect(readFileSync(join(root, 'logs', RUN, 'events.jsonl'), 'utf8')).toContain('begun')
  })

  test('takes nothing away that was there before', () => {
    const root = tempFolder()
    mkdirSync(join(root, RUN, 'events.jsonl'), { recursive: true })
    expect(() => jsonlStore(root).create(RUN)).toThrow()
    expect(existsSync(join(root, RUN, 'events.jsonl'))).toBe(true)
  })
})
