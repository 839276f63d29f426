/** Lines out of chunks: bounded, split on the byte `\n` only. */

export interface LineReader {
  push(chunk: Uint8Array): void
  /** The next complete line without its end, or null. */
  next(): Uint8Array | null
  /** True when no line was begun. */
  isBetween(): boolean
  /** True once a line is longer than allowed: nothing is kept after that. */
  isTooLong(): boolean
}

const LF = 10

/** Lines of at most `lineBytesMax` bytes. */
export function lineReader(lineBytesMax: number): LineReader {
  let ready: Uint8Array[] = []
  let taken = 0
  let begun: Uint8Array[] = []
  let begunBytes = 0
  let isTooLong = false

  const add = (piece: Uint8Array) => {
    if (piece.length === 0) return
    begun.push(piece)
    begunBytes += piece.length
    if (begunBytes > lineBytesMax) isTooLong = true
  }
  const finish = () => {
    if (!isTooLong) ready.push(join(begun, begunBytes))
    begun = []
    begunBytes = 0
  }
  /** By index: taking from the front of a long list moves all that is behind it, each time. */
  const next = () => {
    const line = ready[taken] ?? null
    taken += 1
    if (line === null) [ready, taken] = [[], 0]
    return line
  }
  return {
    push(chunk) {
      let start = 0
      for (let end = chunk.indexOf(LF); end !== -1 && !isTooLong; end = chunk.indexOf(LF, start)) {
        add(chunk.subarray(start, end))
        finish()
        start = end + 1
      }
      if (!isTooLong) add(chunk.subarray(start))
      if (isTooLong) begun = []
    },
    next,
    isBetween: () => begunBytes === 0,
    isTooLong: () => isTooLong,
  }
}

function join(pieces: readonly Uint8Array[], bytes: number): Uint8Array {
  if (pieces.length === 1 && pieces[0]) return pieces[0]
  const line = new Uint8Array(bytes)
  let offset = 0
  for (const piece of pieces) {
    line.set(piece, offset)
    offset += piece.length
  }
  return line
}
