import { fstatSync } from 'node:fs'
import { readAt } from '../log/lines.ts'

const BLOCK_BYTES = 64 * 1024
const NEWLINE = 10

/** Bytes behind the last newline of an open log: a line that was not written to its end, so nobody was ever told of it. */
export function tornBytes(fd: number): number {
  const { size } = fstatSync(fd)
  for (let to = size; to > 0; ) {
    const from = Math.max(0, to - BLOCK_BYTES)
    const found = readAt(fd, from, to - from).lastIndexOf(NEWLINE)
    if (found !== -1) return size - (from + found + 1)
    to = from
  }
  return size
}
