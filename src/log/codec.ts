/**
 * One entry <-> one line. The envelope comes in a fixed order with `data` last, so that a reader can take the head of a
 * line by bytes. Pure: `data` arrives encoded, blobs and masks are others' business.
 */
import { RamureError } from './error.ts'
import { type Entry, FORMAT_VERSION, type JsonObject } from './events.ts'
import { UPGRADES, type Upgrade, upgrade } from './upgrade.ts'

/** The line of an entry, without a newline. `dataText` is the JSON text of its data. Unknown envelope fields are kept. */
export function encodeEntry(entry: Entry, dataText: string): string {
  return `${encodeEnvelope(entry)}${encodeUnknown(entry)},"data":${dataText}}`
}

/**
 * The entry of a line that was written in format `version`. Types this version does not know are kept as they are.
 * Throws ERR_LOG_LINE with the reason when the line is not an entry, ERR_LOG_NEWER when it needs a newer ramure.
 */
export function decodeEntry(line: string, version = FORMAT_VERSION, table: ReadonlyMap<number, Upgrade> = UPGRADES): Entry {
  const parsed = parse(line)
  const written = formatOf(parsed) ?? version
  if (written > FORMAT_VERSION) throw newer(written)
  const current = upgrade(parsed, written, table)
  if (current === null) throw notAnEntry(`there is no way from format ${written} to format ${FORMAT_VERSION}`)
  const fault = faultOf(current)
  if (fault !== null) throw notAnEntry(fault)
  // The shape of the envelope was checked; `data` is trusted by type, and a type of the future passes through.
  return current as unknown as Entry
}

/** The format version that a run's first line tells, or null when it tells none. */
export function formatOf(line: JsonObject): number | null {
  if (line['type'] !== 'run_started') return null
  const data = line['data']
  const v = typeof data === 'object' && data !== null ? (data as JsonObject)['v'] : null
  return typeof v === 'number' && Number.isInteger(v) && v >= 0 ? v : null
}

const KNOWN = new Set(['seq', 'time', 'type', 'by', 'scope', 'agent', 'aseq', 'cause', 'source', 'id', 'data'])
const PLAIN = /^[\w /#:.,()@+-]*$/

function encodeEnvelope(entry: Entry): string {
  return `{"seq":${entry.seq},"time":"${entry.time}${encodeMiddle(entry)}${encodeRest(entry)}`
}

/** What stands between the time and the numbers of a line. */
export function encodeMiddle({ type, by, scope, agent }: Entry): string {
  const text = `","type":${quote(type)},"by":"${by}","scope":${quote(scope)}`
  return agent === undefined ? text : `${text},"agent":${quote(agent)}`
}

/** The numbers, and what rarely follows them. */
export function encodeRest(entry: Entry): string {
  let rest = ''
  if (entry.aseq !== undefined) rest += `,"aseq":${entry.aseq}`
  if (entry.cause !== undefined) rest += `,"cause":${entry.cause}`
  if (entry.source !== undefined) rest += `,"source":${quote(entry.source)}`
  if (entry.id !== undefined) rest += `,"id":${quote(entry.id)}`
  return rest
}

function encodeUnknown(entry: Entry): string {
  let text = ''
  for (const [key, value] of Object.entries(entry)) {
    if (!KNOWN.has(key) && value !== undefined) text += `,${JSON.stringify(key)}:${JSON.stringify(value)}`
  }
  return text
}

function quote(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text)
}

function parse(line: string): JsonObject {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (error) {
    throw notAnEntry(error instanceof Error ? error.message : String(error))
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw notAnEntry('it is not a JSON object')
  return value as JsonObject
}

function faultOf(line: JsonObject): string | null {
  const { seq, time, type, by, scope, data } = line
  if (!isCount(seq)) return '"seq" is not a whole number above 0'
  if (typeof time !== 'string' || time.length < 20) return '"time" is not an ISO 8601 time'
  if (typeof type !== 'string' || type === '') return '"type" is not a name'
  if (by !== 'world' && by !== 'program' && by !== 'runtime') return '"by" is not world, program or runtime'
  if (typeof scope !== 'string') return '"scope" is not a path'
  if (data === undefined) return '"data" is missing'
  return optionalFault(line)
}

function optionalFault(line: JsonObject): string | null {
  for (const key of ['agent', 'source', 'id']) if (line[key] !== undefined && typeof line[key] !== 'string') return `"${key}" is not text`
  for (const key of ['aseq', 'cause']) if (line[key] !== undefined && !isCount(line[key])) return `"${key}" is not a whole number above 0`
  return null
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1
}

function notAnEntry(reason: string): RamureError {
  return new RamureError('ERR_LOG_LINE', `This line is not a log entry: ${reason}.`, {
    hint: 'The entries around it are still readable; a run with such a line is not replayed.',
  })
}

function newer(version: number): RamureError {
  return new RamureError(
    'ERR_LOG_NEWER',
    `This log is of format ${version}; this version of ramure reads up to format ${FORMAT_VERSION}.`,
    {
      hint: 'Update ramure to read it.',
    },
  )
}
