/**
 * Reproducible random numbers: xoshiro128** (Blackman and Vigna, 2018), seeded with 128 bits. Not for secrets: whoever
 * knows the run's seed knows every number.
 */
export interface Dice {
  /** A whole number from 0 to 2^32 - 1. */
  uint32(): number
  /** A number from 0 (inclusive) to 1 (exclusive) with 53 random bits, like Math.random. */
  float(): number
  /** Fills the bytes and returns them. */
  fill(bytes: Uint8Array): Uint8Array
  /** A version 4 UUID. */
  uuid(): string
}

/** @param seed 32 hex digits; all zeros is not a state of the generator and is replaced. */
export function createDice(seed: string): Dice {
  const state = [0, 8, 16, 24].map((at) => Number.parseInt(seed.slice(at, at + 8), 16) >>> 0) as [number, number, number, number]
  if (state.every((word) => word === 0)) state[0] = 1
  const uint32 = () => next(state)
  const fill = (bytes: Uint8Array) => {
    for (let at = 0; at < bytes.length; at += 4) {
      const word = uint32()
      for (let k = at; k < Math.min(at + 4, bytes.length); k += 1) bytes[k] = (word >>> (8 * (k - at))) & 0xff
    }
    return bytes
  }
  return {
    uint32,
    fill,
    float: () => ((uint32() >>> 5) * 0x4000000 + (uint32() >>> 6)) / 0x20000000000000,
    uuid: () => formatUuid(fill(new Uint8Array(16))),
  }
}

function next(state: [number, number, number, number]): number {
  const [a, b, c, d] = state
  const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0
  const c1 = c ^ a
  const d1 = d ^ b
  state[1] = (b ^ c1) >>> 0
  state[0] = (a ^ d1) >>> 0
  state[2] = (c1 ^ (b << 9)) >>> 0
  state[3] = rotateLeft(d1, 11)
  return result
}

function rotateLeft(word: number, by: number): number {
  return ((word << by) | (word >>> (32 - by))) >>> 0
}

function formatUuid(bytes: Uint8Array): string {
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
