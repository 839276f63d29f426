/** Collects a stream of unknown length in bounded memory: its first half, its last half, and how much lay between. */
export interface BoundedOutput {
  push(chunk: Uint8Array): void
  /** UTF-8 text; when bytes were left out, a line of its own says how many. */
  text(): string
}

/** Keeps at most `bytesMax` bytes; errors stand at the end and headings at the start, so the middle goes. */
export function boundedOutput(bytesMax: number): BoundedOutput {
  const half = Math.floor(bytesMax / 2)
  const head: Uint8Array[] = []
  let headBytes = 0
  let tail: Uint8Array[] = []
  let tailBytes = 0
  let leftOutBytes = 0

  function push(chunk: Uint8Array): void {
    const taken = Math.min(half - headBytes, chunk.length)
    if (taken > 0) head.push(chunk.subarray(0, taken))
    headBytes += taken
    if (taken === chunk.length) return
    tail.push(chunk.subarray(taken))
    tailBytes += chunk.length - taken
    // Joining on every chunk would be quadratic; letting it grow to twice the bound first is not.
    if (tailBytes > 2 * half) shrink()
  }

  function shrink(): void {
    const all = join(tail)
    const kept = all.subarray(Math.max(0, all.length - half))
    leftOutBytes += all.length - kept.length
    tail = [kept]
    tailBytes = kept.length
  }

  function text(): string {
    if (tailBytes > half) shrink()
    if (leftOutBytes === 0) return decode(join([...head, ...tail]))
    return `${decode(wholeStart(join(head)))}\n[${leftOutBytes} bytes left out]\n${decode(wholeEnd(join(tail)))}`
  }

  return { push, text }
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** A cut through the middle of a character would show as a replacement character that was never printed. */
function wholeStart(bytes: Uint8Array): Uint8Array {
  let end = bytes.length
  while (end > 0 && bytes.length - end < 3 && isContinuation(bytes[end - 1])) end -= 1
  const lead = bytes[end - 1] ?? 0
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1
  return end - 1 + length > bytes.length ? bytes.subarray(0, end - 1) : bytes
}

function wholeEnd(bytes: Uint8Array): Uint8Array {
  let start = 0
  while (start < Math.min(3, bytes.length) && isContinuation(bytes[start])) start += 1
  return bytes.subarray(start)
}

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80
