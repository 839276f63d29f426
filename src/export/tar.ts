/**
 * The ustar format, as POSIX has it since 1988, so that `tar tzf` shows what is inside. Only plain files: what else an
 * archive may hold, links above all, is refused when it is read.
 */
import { RamureError } from '../log/error.ts'

const BLOCK = 512
const NAME_MAX = 100
const PREFIX_MAX = 155
/** Eleven octal digits. */
const SIZE_MAX = 8 ** 11 - 1

export interface TarFile {
  readonly name: string
  readonly bytes: number
}

/** The block before a file's bytes. Throws RangeError when the name or the size does not fit. @param timeMs time of the file. */
export function tarHeader({ name, bytes }: TarFile, timeMs: number): Uint8Array {
  const [prefix, rest] = splitName(name)
  if (bytes > SIZE_MAX) throw new RangeError(`A file in a bundle has at most ${SIZE_MAX} bytes.`)
  const block = Buffer.alloc(BLOCK)
  block.write(rest, 0, 'utf8')
  block.write('0000600\0', 100)
  block.write('0000000\0', 108)
  block.write('0000000\0', 116)
  block.write(`${bytes.toString(8).padStart(11, '0')}\0`, 124)
  block.write(
    `${Math.floor(Math.max(0, timeMs) / 1000)
      .toString(8)
      .padStart(11, '0')}\0`,
    136,
  )
  block.write('0', 156)
  block.write('ustar\x0000', 257)
  block.write(prefix, 345, 'utf8')
  block.write(`${checksumOf(block).toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

/** Zeros that fill the last block of a file. */
export function tarPadding(bytes: number): Uint8Array {
  return new Uint8Array((BLOCK - (bytes % BLOCK)) % BLOCK)
}

/** What ends an archive. */
export const TAR_END = new Uint8Array(BLOCK * 2)

export interface TarEntry extends TarFile {
  /** Its bytes; what is not read is skipped. */
  readonly body: AsyncIterable<Uint8Array>
}

/** The files of an archive, one after the other. Throws ERR_BUNDLE_DAMAGED, and ERR_BUNDLE_UNSAFE for anything that is no plain file. */
export async function* readTar(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry, void> {
  const source = byteSource(chunks)
  for (;;) {
    const header = await source.take(BLOCK)
    if (header === null) throw damaged('it ends without the mark of its end')
    if (header.every((byte) => byte === 0)) return checkRest(source)
    const file = parseHeader(Buffer.from(header))
    let left = file.bytes
    const body = (async function* () {
      while (left > 0) {
        const part = await source.some(left)
        if (part === null) throw damaged(`it ends in the middle of ${JSON.stringify(file.name)}`)
        left -= part.length
        yield part
      }
    })()
    yield { ...file, body }
    for await (const _skipped of body);
    if ((await source.take(tarPadding(file.bytes).length)) === null) throw damaged(`it ends after ${JSON.stringify(file.name)}`)
  }
}

/** Behind the last file there are zeros to the end, and not many. Reading them lets whoever unpacks check its own sum. */
async function checkRest(source: ByteSource): Promise<void> {
  let bytes = 0
  for (let part = await source.some(BLOCK); part !== null; part = await source.some(BLOCK)) {
    bytes += part.length
    if (bytes > REST_MAX || part.some((byte) => byte !== 0)) throw damaged('something follows behind its end')
  }
  if (bytes < BLOCK) throw damaged('it ends without the mark of its end')
}

const REST_MAX = 64 * 1024

function splitName(name: string): readonly [prefix: string, rest: string] {
  if (Buffer.byteLength(name) <= NAME_MAX) return ['', name]
  for (let at = name.indexOf('/'); at !== -1; at = name.indexOf('/', at + 1)) {
    const [prefix, rest] = [name.slice(0, at), name.slice(at + 1)]
    if (Buffer.byteLength(prefix) <= PREFIX_MAX && Buffer.byteLength(rest) <= NAME_MAX && rest !== '') return [prefix, rest]
  }
  throw new RangeError(`The name ${JSON.stringify(name)} is too long for a bundle.`)
}

function parseHeader(block: Buffer): TarFile {
  const told = parseOctal(block, 148, 8)
  if (block.toString('latin1', 257, 262) !== 'ustar' || told !== checksumOf(block)) throw damaged('a header in it is not whole')
  const name = textAt(block, 0, NAME_MAX)
  const prefix = textAt(block, 345, PREFIX_MAX)
  const whole = prefix === '' ? name : `${prefix}/${name}`
  const kind = String.fromCharCode(block[156] ?? 0)
  if (kind !== '0' && kind !== '\0') throw unsafe(`${JSON.stringify(whole)} is no plain file`)
  return { name: whole, bytes: parseOctal(block, 124, 12) }
}

/** The sum of all bytes, with spaces where it stands itself. */
function checksumOf(block: Buffer): number {
  let sum = 0
  for (const [index, byte] of block.entries()) sum += index >= 148 && index < 156 ? 32 : byte
  return sum
}

function textAt(block: Buffer, start: number, length: number): string {
  const end = block.indexOf(0, start)
  return block.toString('utf8', start, end === -1 || end > start + length ? start + length : end)
}

function parseOctal(block: Buffer, start: number, length: number): number {
  const text = textAt(block, start, length).trim()
  if (!/^[0-7]{1,11}$/.test(text)) throw damaged('a number in a header is none')
  return Number.parseInt(text, 8)
}

interface ByteSource {
  /** Exactly so many bytes, or null when there are fewer. */
  take(count: number): Promise<Uint8Array | null>
  /** At least one and at most so many, or null at the end. */
  some(most: number): Promise<Uint8Array | null>
}

function byteSource(chunks: AsyncIterable<Uint8Array>): ByteSource {
  const iterator = chunks[Symbol.asyncIterator]()
  let held: Uint8Array = new Uint8Array(0)
  const some = async (most: number): Promise<Uint8Array | null> => {
    while (held.length === 0) {
      const next = await iterator.next()
      if (next.done === true) return null
      held = next.value
    }
    const part = held.subarray(0, most)
    held = held.subarray(part.length)
    return part
  }
  return {
    some,
    async take(count) {
      const parts: Uint8Array[] = []
      for (let left = count; left > 0; ) {
        const part = await some(left)
        if (part === null) return null
        parts.push(part)
        left -= part.length
      }
      return Buffer.concat(parts)
    },
  }
}

export function damaged(what: string, cause?: unknown): RamureError {
  return new RamureError('ERR_BUNDLE_DAMAGED', `This is not a whole bundle: ${what}.`, {
    hint: 'Ask for it again; nothing was imported.',
    ...(cause === undefined ? {} : { cause }),
  })
}

export function unsafe(what: string): RamureError {
  return new RamureError('ERR_BUNDLE_UNSAFE', `This bundle is refused: ${what}.`, {
    hint: 'ramure makes no such bundles: do not trust where it comes from. Nothing was imported.',
  })
}
