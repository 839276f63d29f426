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

// Shifted off one by one, an eighth of it took up to 9 s: then this would not end in time.
test('a chunk of nothing but line ends is taken apart', { timeout: 60_000 }, () => {
  const reader = lineReader(100)
  reader.push(Buffer.alloc(512 * 1024, '\n'))
  let count = 0
  while (reader.next() !== null) count += 1
  expect(count).toBe(512 * 1024)
})
