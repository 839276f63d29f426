import type { Line } from './lines.ts'

/** What the head of a line says without parsing the line. */
export interface Head {
  readonly seq: number
  readonly type: string
  /** Where in `bytes` the time starts. */
  readonly timeStart: number
}

/** The time in the head of a line: taken out only when asked for, because most readers do not. */
export function timeOf({ bytes }: Line, { timeStart }: Head): string {
  return bytes.toString('latin1', timeStart, timeStart + TIME_LENGTH)
}

/** Takes `seq` and `type` from the bytes of a line in the writer's field order; null for any other line, which has to be parsed. */
export function scanHead({ bytes, start, end }: Line): Head | null {
  if (!startsWith(bytes, start, end, OPENING)) return null
  let position = start + OPENING.length
  let seq = 0
  for (let digit = digitAt(bytes, position, end); digit >= 0; digit = digitAt(bytes, position, end)) {
    seq = seq * 10 + digit
    position += 1
  }
  const timeStart = position + BEFORE_TIME.length
  const typeStart = timeStart + TIME_LENGTH + BEFORE_TYPE.length
  if (seq === 0 || !startsWith(bytes, position, end, BEFORE_TIME) || !startsWith(bytes, typeStart - BEFORE_TYPE.length, end, BEFORE_TYPE))
    return null
  const typeEnd = bytes.indexOf(QUOTE, typeStart)
  // Names have no escapes; a type with one is left to the parser.
  if (typeEnd === -1 || typeEnd >= end || typeEnd === typeStart) return null
  const type = bytes.toString('latin1', typeStart, typeEnd)
  return /^\w+$/.test(type) ? { seq, type, timeStart } : null
}

const OPENING = Buffer.from('{"seq":')
const BEFORE_TIME = Buffer.from(',"time":"')
const BEFORE_TYPE = Buffer.from('","type":"')
const TIME_LENGTH = '2026-11-21T09:41:07.123Z'.length
const QUOTE = 0x22

function startsWith(bytes: Buffer, start: number, end: number, expected: Buffer): boolean {
  if (start + expected.length > end) return false
  for (let index = 0; index < expected.length; index += 1) if (bytes[start + index] !== expected[index]) return false
  return true
}

function digitAt(bytes: Buffer, position: number, end: number): number {
  const digit = position < end ? (bytes[position] ?? 0) - 0x30 : -1
  return digit <= 9 ? digit : -1
}
