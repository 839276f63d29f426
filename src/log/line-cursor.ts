import { type Bytes, bytesOf } from './ascii.ts'
import { EntryCursor } from './entry-cursor.ts'
import { QUOTES_BEHIND } from './lines.ts'

/**
 * For lines that stand in buffers of any kind: goes to one and returns the entry there, or null when the line has to be parsed. Its
 * data is as it was written; the entry is valid until the next line.
 */
export function lineCursor(): (bytes: Buffer, start: number, end: number) => EntryCursor | null {
  const cursor = new EntryCursor((data) => data)
  let copy = room(4096)
  return (bytes, start, end) => {
    const length = end - start
    if (length + 1 + QUOTES_BEHIND > copy.bytes.length) copy = room(2 * length)
    bytes.copy(copy.bytes, 0, start, end)
    copy.bytes.write(BEHIND, length, 'latin1')
    return cursor.goTo(copy, 0, length) ? cursor : null
  }
}

/** What stands behind a line. */
const BEHIND = `\n${'"'.repeat(QUOTES_BEHIND)}`

function room(lineBytes: number): Bytes {
  return bytesOf(Buffer.alloc(lineBytes + BEHIND.length))
}
