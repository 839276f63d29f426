import { expect, test } from 'vitest'
import { lineReader } from '../../src/wire/lines.ts'

const take = (reader: ReturnType<typeof lineReader>) => {
  const lines: string[] = []
  for (let line = reader.next(); line !== null; line = reader.next()) lines.push(Buffer.from(line).toString())
  return lines
}

test('lines are put together from chunks and handed out once, in order', () => {
  const reader = lineReader(100)
  reader.push(Buffer.from('one\ntw'))
  expect(take(reader)).toEqual(['one'])
  expect(reader.isBetween()).toBe(false)
  reader.push(Buffer.from('o\n\nthree\n'))
  expect(take(reader)).toEqual(['two', '', 'three'])
  expect(take(reader)).toEqual([])
  expect(reader.isBetween()).toBe(true)
})

test('a chunk of nothing but line ends is taken apart in a moment', () => {
  const reader = lineReader(100)
  const startedAt = performance.now()
  reader.push(Buffer.alloc(512 * 1024, '\n'))
  expect(take(reader)).toHaveLength(512 * 1024)
  // Shifted off one by one, an eighth of it took up to 9 s.
  expect(performance.now() - startedAt).toBeLessThan(3_000)
})
