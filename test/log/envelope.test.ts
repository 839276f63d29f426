import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { bytesOf } from '../../src/log/ascii.ts'
import { encodeEntry } from '../../src/log/codec.ts'
import { EntryCursor } from '../../src/log/entry-cursor.ts'
import type { Entry } from '../../src/log/events.ts'
import { QUOTES_BEHIND } from '../../src/log/lines.ts'

const scanner = (): EntryCursor => new EntryCursor((data) => data)

/** What a scanner says of a line, or null when it leaves the line to the parser. */
function scanned(cursor: EntryCursor, line: string): object | null {
  // With neighbours, so that a look past the end shows, and the quotes that stand behind every block.
  const bytes = Buffer.from(`"}\n${line}\n{"seq":9${'"'.repeat(QUOTES_BEHIND)}`)
  const end = bytes.length - QUOTES_BEHIND - 9
  if (!cursor.goTo(bytesOf(bytes), 3, end)) return null
  const { seq, time, type, by, scope, agent, aseq, cause, source, id, data } = cursor
  expect(cursor.timeMs).toBe(Date.parse(time))
  return { seq, time, type, by, scope, agent, aseq, cause, source, id, data }
}

const name = fc.oneof(fc.constantFrom('builder', '/review#0/on:tool(a,b)#3', 'a"b', 'é', '\\', ''), fc.string({ maxLength: 12 }))
const count = fc.oneof(fc.integer({ min: 1, max: 2_000 }), fc.maxSafeInteger().map(Math.abs))
const entry = fc
  .record(
    {
      seq: count,
      time: fc.date({ min: new Date(0), max: new Date('2099-12-31'), noInvalidDate: true }).map((date) => date.toISOString()),
      type: fc.constantFrom('emit', 'tool_call', 'from_the_future', ''),
      by: fc.constantFrom('world', 'program', 'runtime'),
      scope: name,
      agent: name,
      aseq: count,
      cause: count,
      source: name,
      id: name,
      data: fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value))),
    },
    { requiredKeys: ['seq', 'time', 'type', 'by', 'scope', 'data'] },
  )
  .map((fields) => fields as unknown as Entry)
const line = entry.map((each) => encodeEntry(each, JSON.stringify(each.data)))

property.prop([fc.array(line, { maxLength: 12 })])('what it finds in the lines of a writer is what the parser finds', (lines) => {
  const cursor = scanner()
  for (const text of lines) {
    const found = scanned(cursor, text)
    if (found !== null) expect(JSON.parse(JSON.stringify(found))).toEqual(JSON.parse(text))
  }
})

property.prop([line, fc.nat(), fc.constantFrom('', '"', '}', ',', '0', '\\', ' ', 'x', '{"seq":1')], { numRuns: 300 })(
  'a line that was changed somewhere is left to the parser, or says what it says',
  (text, at, put) => {
    const place = at % text.length
    const changed = text.slice(0, place) + put + text.slice(place + 1)
    let parsed: unknown
    try {
      parsed = JSON.parse(changed)
    } catch {
      return
    }
    const cursor = scanner()
    const bytes = Buffer.from(`${changed}\n${'"'.repeat(QUOTES_BEHIND)}`)
    if (!cursor.goTo(bytesOf(bytes), 0, bytes.length - 1 - QUOTES_BEHIND)) return
    const { seq, time, type, by, agent, aseq, cause, source, id } = cursor
    const found = { seq, time, type, by, agent, aseq, cause, source, id }
    expect(parsed).toMatchObject(JSON.parse(JSON.stringify(found)))
  },
)

const USUAL = [
  '{"seq":171,"time":"2026-11-21T09:41:07.123Z","type":"tool_call","by":"world","scope":"/review#0/on:tool(a,b)#3","agent":"builder","aseq":44,"cause":160,"data":{"é":1}}',
  '{"seq":172,"time":"2026-11-21T09:41:07.124Z","type":"emit","by":"program","scope":"/","source":"/a#0","id":"b:1","data":null}',
]

test('no byte of a usual line is taken for another', () => {
  const cursor = scanner()
  for (const text of USUAL) {
    for (let at = 0; at < text.length; at += 1) {
      for (const put of ['x', 'E', '_', '0', '"', ' ', '\\', '}']) {
        const changed = text.slice(0, at) + put + text.slice(at + 1)
        const parsed = parsedOrNull(changed)
        const found = parsed === null ? null : scanned(cursor, changed)
        if (found !== null) expect(JSON.parse(JSON.stringify(found)), changed).toEqual(parsed)
      }
    }
  }
})

function parsedOrNull(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

test('it takes the usual lines, so that it is of use', () => {
  const cursor = scanner()
  for (const text of USUAL) expect(JSON.parse(JSON.stringify(scanned(cursor, text)))).toEqual(JSON.parse(text))
})

test.each([
  ['an escape in a name', '{"seq":1,"time":"2026-11-21T09:41:07.123Z","type":"emit","by":"world","scope":"\\u0041","data":1}'],
  ['another order', '{"time":"2026-11-21T09:41:07.123Z","seq":1,"type":"emit","by":"world","scope":"/","data":1}'],
  ['a field of the future', '{"seq":1,"time":"2026-11-21T09:41:07.123Z","type":"emit","by":"world","scope":"/","mood":1,"data":1}'],
  ['a torn end', '{"seq":1,"time":"2026-11-21T09:41:07.123Z","type":"emit","by":"world","scope":"/","data":{"a":1'],
  ['no data', '{"seq":1,"time":"2026-11-21T09:41:07.123Z","type":"emit","by":"world","scope":"/"}'],
  ['a seq of 0', '{"seq":0,"time":"2026-11-21T09:41:07.123Z","type":"emit","by":"world","scope":"/","data":1}'],
  ['a seq with a zero before it', '{"seq":01,"time":"2026-11-21T09:41:07.123Z","type":"emit","by":"world","scope":"/","data":1}'],
  ['a time without milliseconds', '{"seq":1,"time":"2026-11-21T09:41:07Z","type":"emit","by":"world","scope":"/","data":1}'],
  ['somebody unknown', '{"seq":1,"time":"2026-11-21T09:41:07.123Z","type":"emit","by":"nobody","scope":"/","data":1}'],
])('it leaves %s to the parser', (_, text) => {
  expect(scanned(scanner(), text)).toBeNull()
})

test('more names than it remembers are still told apart', () => {
  const cursor = scanner()
  for (let n = 0; n < 12_000; n += 1) {
    const agent = `worker-${(n * 7919) % 6_000}`
    const text = `{"seq":${n + 1},"time":"2026-11-21T09:41:07.123Z","type":"emit","by":"world","scope":"/","agent":"${agent}","data":1}`
    expect(scanned(cursor, text)).toMatchObject({ agent })
  }
})

test('a name that is longer than any of ours is told as it is, each time', () => {
  const cursor = scanner()
  for (const agent of ['a'.repeat(64), 'b'.repeat(65), 'c'.repeat(200), 'b'.repeat(65), `${'b'.repeat(64)}c`]) {
    const text = `{"seq":1,"time":"2026-11-21T09:41:07.123Z","type":"emit","by":"world","scope":"/","agent":"${agent}","data":1}`
    expect(scanned(cursor, text)).toMatchObject({ agent })
  }
})

test('what was found in one line is not left for the next', () => {
  const cursor = scanner()
  const envelope = '"time":"2026-11-21T09:41:07.123Z","type":"emit","by":"world","scope":"/"'
  scanned(cursor, `{"seq":1,${envelope},"agent":"a","aseq":1,"cause":1,"source":"/s","id":"b:1","data":{"a":1}}`)
  const next = { seq: 2, agent: undefined, aseq: undefined, cause: undefined, source: undefined, id: undefined, data: { b: 2 } }
  expect(scanned(cursor, `{"seq":2,${envelope},"data":{"b":2}}`)).toMatchObject(next)
})
