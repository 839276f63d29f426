/** Real logs, damaged in every way a disk or a hand can damage them: what `verifyRun` says of them, and where. */
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, onTestFinished, test } from 'vitest'
import { appendEnd } from '../../src/log/ended.ts'
import { jsonlStore } from '../../src/log/jsonl.ts'
import { verifyRun } from '../../src/log/verify.ts'
import { checkedLines } from '../../src/log/verify-lines.ts'
import type { VerifyReport } from '../../src/log/verify-report.ts'
import { emitted, RUN, startLog } from './entries.ts'
import { sealed } from './sealed.ts'
import { MEMORY_DISK, tempFolder } from './temp.ts'

const RECORDINGS = new URL('../recordings/v1/', import.meta.url).pathname

/** A recording of a whole run, from before there were checksums. */
const plain = readFileSync(join(RECORDINGS, 'build-and-review/events.jsonl'))
/** The same run with the checksum that its end would carry today. */
const checked = sealed(plain)

function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = []
  for (let start = 0; start < bytes.length; start = bytes.indexOf(10, start) + 1)
    lines.push(bytes.subarray(start, bytes.indexOf(10, start) + 1))
  return lines
}

const LINES = linesOf(checked)
const END_OFFSET = checked.length - (LINES.at(-1)?.length ?? 0)

function joined(lines: readonly (Buffer | undefined)[]): Buffer {
  return Buffer.concat(lines.filter((line) => line !== undefined))
}

/** Which line a byte is in, 1 for the first. */
function lineAt(offset: number): number {
  let [line, start] = [0, 0]
  while (start <= offset) start += LINES[line++]?.length ?? Infinity
  return line
}

async function reportOn(bytes: Uint8Array, logs = tempFolder(MEMORY_DISK)): Promise<VerifyReport> {
  mkdirSync(join(logs, RUN), { recursive: true })
  writeFileSync(join(logs, RUN, 'events.jsonl'), bytes)
  return verifyRun(logs, RUN)
}

describe('a log that is whole', () => {
  test.for(readdirSync(RECORDINGS))('is said to be: the recording %s', async (name) => {
    const report = await verifyRun(RECORDINGS, name)
    expect(report).toMatchObject({ verdict: 'whole', damage: [], tornBytes: 0, checksum: { result: 'none' }, live: false })
    expect(report.readable).toStrictEqual([[1, report.lines]])
  })

  test('with a checksum', async () => {
    expect(await reportOn(checked)).toMatchObject({
      verdict: 'whole',
      bytes: checked.length,
      lines: LINES.length,
      entries: LINES.length,
      lastSeq: LINES.length,
      outcome: 'completed',
      checksum: { result: 'ok', of: { bytes: END_OFFSET } },
      snapshot: { result: 'none' },
    })
  })

  test('while it is written: what its writer is in the middle of is no damage', async () => {
    const logs = tempFolder()
    const log = startLog(jsonlStore(logs))
    // A real run begins with its header; any will do.
    log.append({ type: 'run_started', by: 'runtime', scope: '/', data: { v: 1 } as never })
    log.flush()
    writeFileSync(join(logs, RUN, 'events.jsonl'), '{"seq":2,', { flag: 'a' })
    expect(await verifyRun(logs, RUN)).toMatchObject({ verdict: 'whole', live: true, tornBytes: 9, outcome: null })
    await log.close()
  })

  test('that was repaired: says what was set aside', async () => {
    const logs = tempFolder()
    const torn = await reportOn(Buffer.concat([...LINES.slice(0, 5), Buffer.from('{"torn')]), logs)
    expect(torn).toMatchObject({ verdict: 'whole', tornBytes: 6, entries: 5, outcome: null, kept: [] })
    const store = jsonlStore(logs)
    await startLog(store, store.open(RUN)).close()
    expect(await verifyRun(logs, RUN)).toMatchObject({
      verdict: 'whole',
      tornBytes: 0,
      entries: 6,
      kept: [{ file: 'events.torn', bytes: 6 }],
    })
  })

  test('of no bytes, as a run leaves it that was killed before its first entry', async () => {
    expect(await reportOn(Buffer.alloc(0))).toMatchObject({ verdict: 'whole', bytes: 0, entries: 0, readable: [], outcome: null })
  })

  test('is not there', async () => {
    await expect(verifyRun(tempFolder(), RUN)).rejects.toMatchObject({ code: 'ERR_RUN_NOT_FOUND' })
    await expect(verifyRun(tempFolder(), '../../etc')).rejects.toMatchObject({ code: 'ERR_BAD_NAME' })
  })

  test('of a newer format is refused', async () => {
    await expect(reportOn(Buffer.from(LINES[0]?.toString().replace('"v":1', '"v":2') ?? ''))).rejects.toMatchObject({
      code: 'ERR_LOG_NEWER',
    })
  })
})

describe('one byte that flipped', () => {
  const flip = fc.record({ at: fc.nat(), bit: fc.nat({ max: 7 }) })

  property.prop([flip], { numRuns: 300 })(
    'before the end of a run with a checksum is always noticed, at its line or in its range',
    async ({ at, bit }) => {
      const offset = at % END_OFFSET
      const bytes = Buffer.from(checked)
      bytes[offset] = (bytes[offset] ?? 0) ^ (1 << bit)
      const report = await reportOn(bytes)
      expect(report).toMatchObject({ verdict: 'damaged', checksum: { result: 'differs' } })
      expect(isNamed(report, lineAt(offset))).toBe(true)
    },
  )

  property.prop([flip], { numRuns: 300 })(
    'without a checksum is noticed where it breaks the structure, and never said to be elsewhere',
    async ({ at, bit }) => {
      const offset = at % plain.length
      const bytes = Buffer.from(plain)
      bytes[offset] = (bytes[offset] ?? 0) ^ (1 << bit)
      const report = await reportOn(bytes)
      const line = lineAt(offset)
      if (report.tornBytes > 0) expect(offset).toBe(plain.length - 1)
      else if (report.verdict === 'damaged') expect(isNamed(report, line)).toBe(true)
      else expect(() => JSON.parse(linesOf(bytes)[line - 1]?.toString() ?? '')).not.toThrow()
    },
  )

  test('in a text is noticed by the checksum alone', async () => {
    const change = (bytes: Buffer): Buffer => Buffer.from(bytes.toString('utf8').replace('Implement', 'implement'))
    expect(change(plain).equals(plain)).toBe(false)
    expect(await reportOn(change(plain))).toMatchObject({ verdict: 'whole', checksum: { result: 'none' } })
    expect((await reportOn(change(checked))).damage).toMatchObject([{ kind: 'checksum', line: 1, lines: LINES.length - 1, lost: null }])
  })

  /** The first damage is this line, or a range with it. */
  function isNamed({ damage: [first] }: VerifyReport, line: number): boolean {
    if (first === undefined) return false
    return first.line <= line && line < first.line + Math.max(1, first.lines)
  }
})

describe('an entry that contradicts the others', () => {
  test.for<[string, number, string, string, object]>([
    ['a time before that of the line above', 12, '"time":"2026', '"time":"2025', { line: 11, lines: 2, certain: false }],
    ['a time that is none', 12, '"time":"2026-11', '"time":"2026-99', { line: 12, lines: 1, certain: true }],
    ['a cause that comes later', 12, '"data":', '"cause":12,"data":', { line: 12, certain: true }],
    ['a second header', 12, /"type":"\w+"/.source, '"type":"run_started"', { line: 12, certain: true }],
    ['no header', 1, '"type":"run_started"', '"type":"emit"', { line: 1, certain: true }],
    ['a hole in the count of an agent', 8, '"aseq":3', '"aseq":4', { line: 7, lines: 2, certain: false }],
    ['a count of an agent that was there before', 8, '"aseq":3', '"aseq":1', { line: 7, lines: 2, certain: false }],
  ])('is noticed without a checksum: %s', async ([, line, from, to, where]) => {
    const lines = linesOf(plain)
    const text = lines[line - 1]?.toString() ?? ''
    const changed = text.replace(new RegExp(from), to)
    expect(changed).not.toBe(text)
    const report = await reportOn(joined(lines.with(line - 1, Buffer.from(changed))))
    expect(report).toMatchObject({ verdict: 'damaged', lost: 0, entries: LINES.length })
    expect(report.damage[0]).toMatchObject({ kind: 'contradiction', ...where })
  })
})

describe('lines that are not where they were', () => {
  const index = fc.nat({ max: LINES.length - 1 })

  property.prop([index])('dropped: the gap is named, and how many are lost', async (at) => {
    const report = await reportOn(joined(LINES.toSpliced(at, 1)))
    const isLast = at === LINES.length - 1
    // A run that lost its end cannot be told from one that was killed.
    expect(report).toMatchObject(isLast ? { verdict: 'whole', outcome: null } : { verdict: 'damaged', lost: 1 })
    if (!isLast) expect(report.damage[0]).toMatchObject({ kind: 'missing', line: at + 1, after: at || null, before: at + 2, lost: 1 })
  })

  property.prop([index, index])('doubled: the second one is named, and nothing is lost', async (from, to) => {
    const [first, second] = [Math.min(from, to), Math.max(from, to)]
    const report = await reportOn(joined(LINES.toSpliced(second + 1, 0, LINES[first] as Buffer)))
    expect(report).toMatchObject({ verdict: 'damaged', lost: 0, entries: LINES.length })
    expect(report.damage[0]).toMatchObject({ kind: 'misplaced', line: second + 2, lines: 1 })
  })

  property.prop([index, index])('swapped: the first of them is named', async (one, other) => {
    const [first, second] = [Math.min(one, other), Math.max(one, other)]
    fc.pre(first < second)
    const report = await reportOn(joined(LINES.with(first, LINES[second] as Buffer).with(second, LINES[first] as Buffer)))
    expect(report.verdict).toBe('damaged')
    expect(report.damage[0]?.line).toBe(first + 1)
  })

  property.prop([fc.nat(), fc.integer({ min: 1, max: 5000 })])('NUL bytes: the line that holds them is named', async (place, count) => {
    const offset = place % END_OFFSET
    const report = await reportOn(Buffer.concat([checked.subarray(0, offset), Buffer.alloc(count), checked.subarray(offset)]))
    expect(report).toMatchObject({ verdict: 'damaged', checksum: { result: 'differs' } })
    expect(report.damage[0]).toMatchObject({ kind: 'unreadable', line: lineAt(offset), reason: expect.stringContaining('NUL') })
  })

  property.prop([fc.nat()])('cut off: what is complete is whole, what is not is counted, and the end is not claimed', async (place) => {
    const end = place % checked.length
    const report = await reportOn(checked.subarray(0, end))
    const start = checked.subarray(0, end).lastIndexOf(10) + 1
    expect(report).toMatchObject({
      verdict: 'whole',
      tornBytes: end - start,
      lastSeq: report.lines,
      outcome: null,
      checksum: { result: 'none' },
    })
  })

  test('many at once: each is named, the rest is counted, and what can be read is told', async () => {
    const bad = Buffer.from('oops\n')
    const lines = LINES.map((line, at) => (at === 9 || at === 10 || at === 29 ? bad : line)).toSpliced(19, 1)
    const report = await reportOn(joined(lines))
    expect(report.damage).toMatchObject([
      { kind: 'unreadable', line: 10, lines: 2, after: 9, before: 12, lost: 2, offset: joined(LINES.slice(0, 9)).length },
      { kind: 'missing', line: 20, after: 19, before: 21, lost: 1 },
      { kind: 'unreadable', line: 29, lines: 1, after: 29, before: 31, lost: 1 },
    ])
    expect(report).toMatchObject({
      lost: 4,
      damageCount: 3,
      readable: [
        [1, 9],
        [12, 19],
        [21, 29],
        [31, LINES.length],
      ],
    })
  })

  test('very many are counted, and the first hundred named', async () => {
    const head = LINES[0]?.toString() ?? ''
    const odd = Array.from({ length: 150 }, (_, n) =>
      Buffer.from(head.replace('"seq":1', `"seq":${2 * n + 3}`).replace('run_started', 'emit')),
    )
    const report = await reportOn(joined([LINES[0], ...odd]))
    expect(report.damage).toHaveLength(100)
    expect(report).toMatchObject({ damageCount: 150, lost: 150, lines: 151, entries: 151, lastSeq: 301 })
    expect(report.readable).toHaveLength(100)
  })

  test('longer than anything a log holds: they are not kept in memory, and those behind are read', () => {
    const [logs, path] = [tempFolder(MEMORY_DISK), 'long']
    writeFileSync(join(logs, path), Buffer.concat([Buffer.from('one\n'), Buffer.alloc(3_000_000), Buffer.from('\nthree\nrest')]))
    const fd = openSync(join(logs, path), 'r')
    onTestFinished(() => closeSync(fd))
    const told = Array.from(checkedLines(fd, statSync(join(logs, path)).size, 1_500_000), (each) =>
      'rest' in each ? each.rest.bytes : [each.bytes?.toString() ?? null, each.before.bytes],
    )
    expect(told).toStrictEqual([['one', 0], [null, 4], ['three', 3_000_005], 4])
  })
})

describe('a snapshot beside the log', () => {
  const mark = (bytes: Buffer, lines: number) => {
    const before = joined(linesOf(bytes).slice(0, lines))
    return { seq: lines, bytes: before.length, crc32: crc32(before) }
  }

  async function withSnapshot(bytes: Uint8Array, position: object): Promise<VerifyReport> {
    const logs = tempFolder(MEMORY_DISK)
    mkdirSync(join(logs, RUN))
    writeFileSync(join(logs, RUN, 'snapshot.json'), JSON.stringify({ position }))
    return reportOn(bytes, logs)
  }

  test('bears witness to what a log without an end said', async () => {
    const open = joined(linesOf(plain).slice(0, 30))
    expect(await withSnapshot(open, mark(open, 20))).toMatchObject({ verdict: 'whole', snapshot: { result: 'ok' } })
    const changed = Buffer.from(open.toString().replace('Implement', 'implement'))
    expect(await withSnapshot(changed, mark(open, 20))).toMatchObject({
      verdict: 'damaged',
      snapshot: { result: 'differs' },
      damage: [{ kind: 'snapshot', line: 1, lines: 20, certain: false }],
    })
  })

  test('tells that the end of a log is gone', async () => {
    expect(await withSnapshot(joined(LINES.slice(0, 30)), mark(checked, LINES.length))).toMatchObject({
      verdict: 'damaged',
      lost: LINES.length - 30,
      damage: [{ kind: 'snapshot', line: 31, after: 30, before: null }],
    })
  })

  test('that was made by a reader knows only how long the log was', async () => {
    const at = { ...mark(checked, 20), crc32: null }
    expect(await withSnapshot(joined(LINES.slice(0, 30)), at)).toMatchObject({ verdict: 'whole', snapshot: { result: 'none' } })
    expect(await withSnapshot(joined(LINES.slice(0, 10)), at)).toMatchObject({ verdict: 'damaged', lost: 10 })
  })

  test('narrows down where a byte was changed', async () => {
    const changed = Buffer.from(
      checked.toString().replace('"outcome":"completed","result":"version 3"', '"outcome":"completed","result":"version 4"'),
    )
    expect(await withSnapshot(changed, mark(checked, LINES.length))).toMatchObject({ verdict: 'damaged', checksum: { result: 'ok' } })
    const middle = Buffer.concat([
      ...LINES.slice(0, 40),
      ...LINES.slice(40).map((line) => Buffer.from(line.toString().replace('"by":"world"', '"by":"runtime"'))),
    ])
    expect((await withSnapshot(middle, mark(checked, 40))).damage).toMatchObject([{ kind: 'checksum', line: 41, lines: LINES.length - 41 }])
  })

  test('is wrong itself where the checksum of the run is right', async () => {
    expect(await withSnapshot(checked, { ...mark(checked, 20), crc32: 1 })).toMatchObject({
      verdict: 'whole',
      snapshot: { result: 'differs' },
    })
    expect(await withSnapshot(checked, { seq: 'x' })).toMatchObject({ verdict: 'whole', snapshot: { result: 'unreadable' } })
  })
})

describe('texts beside the log', () => {
  async function runWithBlobs(): Promise<{ readonly logs: string; readonly blobs: string }> {
    const logs = tempFolder(MEMORY_DISK)
    const log = startLog(jsonlStore(logs))
    log.append({ type: 'run_started', by: 'runtime', scope: '/', data: { v: 1 } as never })
    for (const letter of ['a', 'b', 'a']) log.append(emitted({ text: letter.repeat(100_000), $blob: 'not one' }))
    appendEnd(log, { outcome: 'completed', duration_ms: 1 })
    await log.close()
    return { logs, blobs: join(logs, RUN, 'blobs') }
  }

  test('are looked at, each once', async () => {
    const { logs, blobs } = await runWithBlobs()
    writeFileSync(join(blobs, `${'0'.repeat(64)}.1.tmp`), 'left by a kill')
    expect(await verifyRun(logs, RUN)).toMatchObject({
      verdict: 'whole',
      blobs: { referenced: 2, whole: 2, unreferenced: 1 },
      checksum: { result: 'ok' },
    })
  })

  test.for<[string, (path: string) => void, string]>([
    ['missing', (path) => rmSync(path), 'is missing'],
    ['cut', (path) => truncateSync(path, 99_999), 'holds other bytes'],
    ['changed', (path) => writeFileSync(path, 'x'), 'holds other bytes'],
  ])('that are %s cost the entries that need them', async ([, damage, reason]) => {
    const { logs, blobs } = await runWithBlobs()
    damage(join(blobs, readdirSync(blobs).toSorted()[0] ?? ''))
    const report = await verifyRun(logs, RUN)
    expect(report).toMatchObject({ verdict: 'damaged', checksum: { result: 'ok' }, blobs: { referenced: 2, whole: 1 } })
    expect(report.damage[0]).toMatchObject({ kind: 'blob', lines: 1, lost: 1, reason: expect.stringContaining(reason) })
  })
})

test('whoever waits is told how far it is, and may end it', async () => {
  const logs = tempFolder(MEMORY_DISK)
  await reportOn(Buffer.concat([LINES[0] as Buffer, Buffer.alloc(40_000_000)].flatMap((part) => [part, Buffer.from('\n')])), logs)
  const told: number[] = []
  await verifyRun(logs, RUN, { onProgress: (done, whole) => told.push(done / whole) })
  expect(told.length).toBeGreaterThan(0)
  await expect(verifyRun(logs, RUN, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow()
})
