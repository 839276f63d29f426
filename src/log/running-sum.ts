/** The checksum of a log up to any of its lines, for whoever reads it from the start: once over each block, not over each line. */
import { EMPTY, extend } from './checksum.ts'
import type { Prefix } from './events.ts'
import type { Block } from './lines.ts'

export interface RunningSum {
  /** The blocks that were given, as they are. */
  readonly blocks: Iterable<Block>
  /** What the log says before an offset in the block that was yielded last; null when not all of it was read. */
  before(offset: number): Prefix | null
}

/** Sums up blocks that begin with the first byte of a file while somebody reads them. */
export function runningSum(blocks: Iterable<Block>): RunningSum {
  let sum: Prefix | null = EMPTY
  let current: Block | null = null
  return {
    blocks: (function* () {
      for (const block of blocks) {
        current = block
        yield block
        // Of a line that is passed over only the beginning is here.
        sum = sum === null || block.cut !== null ? null : extend(sum, block.bytes.subarray(0, block.end))
      }
      current = null
    })(),
    before: (offset) => (sum === null || current === null ? sum : extend(sum, current.bytes.subarray(0, offset - current.offset))),
  }
}
