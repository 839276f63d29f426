/**
 * Checksums of a log: crc32 over all bytes before a place in the file. It rolls along with the writes, one call for each, so
 * it costs next to nothing, and says later whether what is there is what was written.
 */
import { crc32 } from 'node:zlib'
import type { EventData, Prefix } from './events.ts'

/** The prefix that `bytes` make longer: `extend(extend(EMPTY, a), b)` is that of `a` and `b` in one piece. */
export function extend(prefix: Prefix, bytes: Uint8Array): Prefix {
  return { bytes: prefix.bytes + bytes.length, crc32: crc32(bytes, prefix.crc32) }
}

/** The prefix of a file before its first byte. */
export const EMPTY: Prefix = { bytes: 0, crc32: 0 }

/** Whether the end of a run, by its data, was written behind `before`; null when it has no checksum. Takes any data: it may be damaged as well. */
export function endFits(data: unknown, before: Prefix): boolean | null {
  const checksum = (data as Partial<EventData['run_ended']> | null)?.checksum
  return checksum === undefined ? null : checksum?.bytes === before.bytes && checksum.crc32 === before.crc32
}

/**
 * What the first bytes of a file say to a checksum: `same`, `differs`, or `short` when there are fewer than it counted.
 * `blocks` are the file's bytes from the first on; no more of them are asked for than needed.
 */
export function checkPrefix(blocks: Iterable<Uint8Array>, expected: Prefix): 'same' | 'differs' | 'short' {
  let read = EMPTY
  if (expected.bytes === 0) return expected.crc32 === 0 ? 'same' : 'differs'
  for (const block of blocks) {
    read = extend(read, block.subarray(0, expected.bytes - read.bytes))
    if (read.bytes === expected.bytes) return read.crc32 === expected.crc32 ? 'same' : 'differs'
  }
  return 'short'
}
