import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { jsonlStore } from '../../src/log/jsonl.ts'
import type { LogStore } from '../../src/log/store.ts'
import { all, emitted, RUN, seqOf, startLog, upTo } from './entries.ts'
import { MEMORY_DISK, tempFolder } from './temp.ts'

interface Damaged {
  readonly store: LogStore
  readonly folder: string
  readonly file: string
}

/** A run with the given bytes as its log. */
function runOf(content: string | Uint8Array, folder = tempFolder()): Damaged {
  const path = join(folder, RUN)
  mkdirSync(path, { recursive: true })
  writeFileSync(join(path, 'events.jsonl'), content)
  return { store: jsonlStore(folder), folder: path, file: join(path, 'events.jsonl') }
}

async function linesOf(count: number, text = 'some text é'): Promise<string[]> {
  const folder = tempFolder()
  const log = startLog(jsonlStore(folder))
  for (let n = 0; n < count; n += 1) log.append(emitted({ n, text }))
  await log.close()
  return readFileSync(join(folder, RUN, 'events.jsonl'), 'utf8')
    .split('\n')
    .slice(0, -1)
}

const seqs = async (store: LogStore, reverse = false): Promise<unknown[]> => (await all(store.read(RUN, { reverse }))).map(seqOf)

describe('L3 a log cut anywhere', () => {
  test('at every byte: what is complete loads, the torn rest is set aside, and the next append never fuses with it', async () => {
    const whole = Buffer.from((await linesOf(3)).map((line) => `${line}\n`).join(''))
    const logs = tempFolder(MEMORY_DISK)
    for (let cut = 0; cut <= whole.length; cut += 1) {
      const torn = whole.subarray(0, cut)
      const complete = torn.toString('latin1').split('\n').length - 1
      const end = torn.lastIndexOf(10) + 1
      const { store, folder, file } = runOf(torn, join(logs, String(cut)))
      expect(await seqs(store)).toStrictEqual(upTo(complete))
      expect(await seqs(store, true)).toStrictEqual(upTo(complete).reverse())
      const log = startLog(store, store.open(RUN))
      log.append(emitted('next'))
      await log.close()
      const entries = await all(store.read(RUN))
      if (end === cut) {
        expect(readdirSync(folder)).toStrictEqual(['events.jsonl'])
        expect(entries.map(seqOf)).toStrictEqual(upTo(complete + 1))
      } else {
        expect(readFileSync(join(folder, 'events.torn')).equals(torn.subarray(end))).toBe(true)
        expect(entries[complete]).toMatchObject({
          seq: complete + 1,
          type: 'log_repaired',
          by: 'runtime',
          data: { bytes: cut - end, kept_as: 'events.torn' },
        })
        expect(entries.map(seqOf)).toStrictEqual(upTo(complete + 2))
      }
      expect(readFileSync(file).subarray(0, end).equals(whole.subarray(0, end))).toBe(true)
    }
  })

  test('with NUL bytes at its end, as a crash of the machine leaves them', async () => {
    const [one, two] = await linesOf(2)
    const { store, folder } = runOf(`${one}\n${two}\n\0\0\0\0\0`)
    expect(await seqs(store)).toStrictEqual([1, 2])
    await startLog(store, store.open(RUN)).close()
    expect(readFileSync(join(folder, 'events.torn'), 'utf8')).toBe('\0\0\0\0\0')
    expect(await seqs(store)).toStrictEqual([1, 2, 3])
  })

  test('with a last line of NUL bytes that has a newline', async () => {
    const [one] = await linesOf(1)
    const { store } = runOf(`${one}\n\0\0\0\n`)
    expect(await all(store.read(RUN))).toMatchObject([
      { seq: 1 },
      { unreadable: { line: 2, after: 1, before: null, reason: expect.stringContaining('NUL') } },
    ])
    await startLog(store, store.open(RUN)).close()
    expect(await seqs(store)).toStrictEqual([1, 2])
  })

  test('twice: both torn ends are kept', async () => {
    const [one] = await linesOf(1)
    const { store, folder, file } = runOf(`${one}\n{"torn`)
    await startLog(store, store.open(RUN)).close()
    appendFileSync(file, '{"again')
    await startLog(store, store.open(RUN)).close()
    expect(readdirSync(folder)).toStrictEqual(['events.jsonl', 'events.torn', 'events.torn.2'])
    expect(readFileSync(join(folder, 'events.torn.2'), 'utf8')).toBe('{"again')
    expect(await seqs(store)).toStrictEqual([1, 2, 3])
  })
})

describe('L3 a line in the middle that cannot be read', () => {
  test.each([
    ['is not JSON', 'oops', 'it'],
    ['is not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'it is not UTF-8'],
    ['is another line again', null, 'its seq 2 does not follow 2'],
  ])('is told with its neighbours when it %s, in both directions', async (_, damage, reason) => {
    const lines = (await linesOf(4)).map((line) => Buffer.from(line))
    const bad = damage === null ? (lines[1] ?? Buffer.alloc(0)) : Buffer.from(damage)
    const { store } = runOf(
      Buffer.concat([lines[0], lines[1], bad, lines[3]].flatMap((line) => [line ?? Buffer.alloc(0), Buffer.from('\n')])),
    )
    const unreadable = { unreadable: { line: 3, after: 2, before: 4, reason: expect.any(String) } }
    const forward = await all(store.read(RUN))
    expect(forward).toMatchObject([{ seq: 1 }, { seq: 2 }, unreadable, { seq: 4 }])
    if (damage !== 'oops') expect(forward[2]).toMatchObject({ unreadable: { reason } })
    if (damage !== null)
      expect(await all(store.read(RUN, { reverse: true }))).toMatchObject([{ seq: 4 }, unreadable, { seq: 2 }, { seq: 1 }])
  })

  test('is told when it is the first or the last', async () => {
    const [, two] = await linesOf(2)
    const { store } = runOf(`broken\n${two}\nbroken\n`)
    expect(await all(store.read(RUN))).toMatchObject([
      { unreadable: { line: 1, after: null, before: 2 } },
      { seq: 2 },
      { unreadable: { line: 3, after: 2, before: null } },
    ])
  })

  test('is told when it was removed', async () => {
    const [one, , three, four] = await linesOf(4)
    const { store } = runOf(`${one}\n${three}\n${four}\n`)
    const missing = { unreadable: { line: 2, after: 1, before: 3, reason: '1 entry is missing here' } }
    expect(await all(store.read(RUN))).toMatchObject([{ seq: 1 }, missing, { seq: 3 }, { seq: 4 }])
    expect(await all(store.read(RUN, { types: ['emit'], from: 3 }))).toMatchObject([{ seq: 3 }, { seq: 4 }])
  })

  test('does not end the reading of a follower', async () => {
    const [one, , three] = await linesOf(3)
    const { store } = runOf(`${one}\nbroken\n${three}\n`)
    expect(await all(store.follow(RUN))).toMatchObject([{ seq: 1 }, { unreadable: { line: 2, after: 1, before: 3 } }, { seq: 3 }])
  })

  property.prop([fc.array(fc.tuple(fc.nat({ max: 99_999 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 20 })], { numRuns: 40 })(
    'never hides another: with random bytes anywhere, every untouched line is read and nothing throws',
    async (changes) => {
      const lines = await linesOf(120)
      const whole = Buffer.from(lines.map((line) => `${line}\n`).join(''))
      const bytes = Buffer.from(whole)
      const touched = new Set<number>()
      for (const [position, value] of changes) {
        const at = position % whole.length
        const line = whole.subarray(0, at).toString('latin1').split('\n').length
        touched.add(line)
        // A newline that goes fuses two lines.
        if (whole[at] === 10) touched.add(line + 1)
        bytes[at] = value
      }
      const { store } = runOf(bytes)
      const entries = (await all(store.read(RUN))).filter((item) => 'seq' in item)
      const read = new Set(entries.map((entry) => JSON.stringify(entry)))
      // A changed digit of a seq lets a line claim the place of others, which are then told as out of place.
      const forged = entries.some((entry) => !touched.has(entry.seq) && JSON.stringify(entry) !== lines[entry.seq - 1])
      if (!forged) for (const [index, line] of lines.entries()) if (!touched.has(index + 1)) expect(read).toContain(line)
    },
  )
})

test('a log of a newer format is refused for reading, following and opening', async () => {
  const [line = ''] = await linesOf(1)
  const newer = line.replace('"type":"emit"', '"type":"run_started"').replace(/"data":.*/, '"data":{"v":2}}')
  const { store, file } = runOf(`${newer}\n${line.replace('"seq":1', '"seq":2')}\n{"torn`)
  const refused = expect.objectContaining({ code: 'ERR_LOG_NEWER' })
  await expect(all(store.read(RUN))).rejects.toThrow(refused)
  await expect(all(store.read(RUN, { reverse: true }))).rejects.toThrow(refused)
  await expect(all(store.follow(RUN))).rejects.toThrow(refused)
  expect(() => store.open(RUN)).toThrow(refused)
  expect(readFileSync(file, 'utf8')).toContain('{"torn')
  expect(store.writerAlive(RUN)).toBe(false)
})

test('reading the last lines of a log takes a small part of the file', async () => {
  const [line = ''] = await linesOf(1)
  const { store, file } = runOf(`${line}\n`)
  // A hole of 4 GiB stands for a long history: reading it through would take seconds.
  const last = line.replace('"seq":1', '"seq":2')
  truncateSync(file, 4 * 2 ** 30)
  appendFileSync(file, `\n${last}\n`)
  expect(statSync(file).size).toBeGreaterThan(4 * 2 ** 30)
  const startedMs = performance.now()
  for await (const item of store.read(RUN, { reverse: true })) {
    expect(item).toMatchObject({ seq: 2 })
    break
  }
  expect(performance.now() - startedMs).toBeLessThan(500)
})
