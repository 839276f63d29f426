import { appendFileSync, closeSync, openSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fc, test as property } from '@fast-check/vitest'
import { expect, onTestFinished, test } from 'vitest'
import { type Line, linesBackward, linesForward } from '../../src/log/lines.ts'
import { seek } from '../../src/log/seek.ts'
import { tempFolder } from './temp.ts'

function opened(content: string | Buffer): { readonly fd: number; readonly size: number } {
  const path = join(tempFolder(), 'file')
  writeFileSync(path, content)
  const fd = openSync(path, 'r')
  onTestFinished(() => closeSync(fd))
  return { fd, size: readFileSync(path).length }
}

const textOf = ({ bytes, start, end, offset }: Line): [number, string] => [offset, bytes.toString('utf8', start, end)]

function expectedLines(content: string): [number, string][] {
  const parts = content.split('\n').slice(0, -1)
  let offset = 0
  return parts.map((text) => {
    const at = offset
    offset += Buffer.byteLength(text) + 1
    return [at, text]
  })
}

const piece = fc.oneof(
  fc.constantFrom('\n', '\n\n', 'é\u2028', '🦦'),
  fc.string(),
  fc.integer({ min: 1, max: 3 }).map((n) => 'x'.repeat(n * 70_000)),
  fc.constant('y'.repeat(1_100_000)),
)
const content = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('').toWellFormed())

property.prop([content], { numRuns: 30 })('both directions give the complete lines, whatever the size of blocks', (text) => {
  const { fd, size } = opened(text)
  const lines = expectedLines(text)
  expect(Array.from(linesForward(fd, 0, size), textOf)).toStrictEqual(lines)
  expect(Array.from(linesBackward(fd, 0, size), textOf)).toStrictEqual(lines.reverse())
})

test('a line that ends outside of the wanted part is not there yet', () => {
  const { fd } = opened('one\ntwo\nthree\n')
  expect(Array.from(linesForward(fd, 4, 9), textOf)).toStrictEqual([[4, 'two']])
  expect(Array.from(linesBackward(fd, 4, 9), textOf)).toStrictEqual([[4, 'two']])
})

test('a hole of NUL bytes is passed over in both directions and takes no memory', () => {
  const path = join(tempFolder(), 'file')
  const hole = 200 * 2 ** 20
  writeFileSync(path, 'one\n')
  truncateSync(path, hole)
  appendFileSync(path, '\nthree\n')
  const fd = openSync(path, 'r')
  onTestFinished(() => closeSync(fd))
  let largest = 0
  const told = (line: Line): [number, number, string] => {
    largest = Math.max(largest, line.bytes.length)
    return [line.offset, line.next, line.cut ?? line.bytes.toString('utf8', line.start, line.end)]
  }
  const nuls = 'it holds NUL bytes, as a crash of the machine leaves them'
  const expected = [
    [0, 4, 'one'],
    [4, hole + 1, nuls],
    [hole + 1, hole + 7, 'three'],
  ]
  expect(Array.from(linesForward(fd, 0, hole + 7), told)).toStrictEqual(expected)
  expect(Array.from(linesBackward(fd, 0, hole + 7), told)).toStrictEqual(expected.reverse())
  expect(largest).toBeLessThan(4 * 2 ** 20)
})

property.prop(
  [
    fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 9_000 }), fc.boolean()), { maxLength: 60 }),
    fc.integer({ min: 0, max: 150 }),
  ],
  { numRuns: 60 },
)('seek finds a place before the wanted entry and one behind it, past unreadable lines', (steps, wanted) => {
  let seq = 0
  const lines = steps.map(([step, padding, readable]) => {
    seq += step
    return {
      seq,
      readable,
      text: `${readable ? `{"seq":${seq},"time":"2026-11-21T09:41:07.123Z","type":"emit","by":"program"` : `broken ${seq}`}${'x'.repeat(padding)}\n`,
    }
  })
  const { fd, size } = opened(lines.map(({ text }) => text).join(''))
  const place = seek(fd, size, (spot) => spot.seq >= wanted)
  let offset = 0
  let before = 0
  for (const line of lines) {
    if (line.readable && offset < place.from) {
      expect(line.seq).toBeLessThan(wanted)
      before = line.seq
    }
    if (line.readable && offset >= place.to) expect(line.seq).toBeGreaterThanOrEqual(wanted)
    offset += line.text.length
  }
  expect(place.before).toBe(before)
})
