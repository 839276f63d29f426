import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { decodeEntry, encodeEntry } from '../../src/log/codec.ts'
import { type Entry, EVENT_TYPES, FORMAT_VERSION, type JsonObject } from '../../src/log/events.ts'
import { toJson } from '../../src/log/json.ts'

const count = fc.integer({ min: 1, max: 2 ** 40 })
const name = fc.string({ unit: 'binary' }).map((text) => text.toWellFormed())
const data = fc.jsonValue().map(toJson)
const entries = fc
  .record(
    {
      seq: count,
      time: fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-01-01') }).map((date) => date.toISOString()),
      type: fc.oneof(fc.constantFrom(...EVENT_TYPES), fc.constantFrom('telepathy', 'odd "type"')),
      by: fc.constantFrom('world', 'program', 'runtime'),
      scope: name,
      agent: name,
      aseq: count,
      cause: count,
      source: name,
      id: name,
      futureField: data,
      data,
    },
    { requiredKeys: ['seq', 'time', 'type', 'by', 'scope', 'data'] },
  )
  // Entries of any type with any data, also of types this version does not know.
  .map((entry) => entry as unknown as Entry)
  .filter((entry) => entry.type !== 'run_started')

const line = (fields: object): string =>
  JSON.stringify({ seq: 1, time: '2026-11-21T09:41:07.123Z', type: 'shutdown', by: 'program', scope: '/', data: {}, ...fields })

describe('one entry and one line', () => {
  property.prop([entries])('become each other, unknown types and fields included', (entry) => {
    const text = encodeEntry(entry, JSON.stringify(entry.data))
    expect(text).not.toContain('\n')
    expect(decodeEntry(text)).toStrictEqual(JSON.parse(JSON.stringify(entry)))
  })

  test('the envelope comes in the documented order, data last', () => {
    const entry = {
      data: { reason: 'x' },
      id: 'b:1',
      source: 's',
      cause: 160,
      aseq: 44,
      agent: 'builder',
      scope: '/a#0',
      by: 'world',
      type: 'stop_requested',
      time: '2026-11-21T09:41:07.123Z',
      seq: 171,
      later: [1],
    }
    expect(encodeEntry(entry as unknown as Entry, '{"reason":"x"}')).toBe(
      '{"seq":171,"time":"2026-11-21T09:41:07.123Z","type":"stop_requested","by":"world","scope":"/a#0","agent":"builder","aseq":44,"cause":160,"source":"s","id":"b:1","later":[1],"data":{"reason":"x"}}',
    )
  })
})

describe('a line that is no entry says why', () => {
  test.each([
    ['', 'Unexpected end of JSON input'],
    ['{"seq":1', 'JSON'],
    ['[1]', 'it is not a JSON object'],
    ['null', 'it is not a JSON object'],
    [line({ seq: 0 }), '"seq" is not a whole number above 0'],
    [line({ seq: 1.5 }), '"seq"'],
    [line({ seq: '1' }), '"seq"'],
    [line({ time: 5 }), '"time" is not an ISO 8601 time'],
    [line({ type: '' }), '"type" is not a name'],
    [line({ by: 'nobody' }), '"by" is not world, program or runtime'],
    [line({ scope: null }), '"scope" is not a path'],
    [line({ data: undefined }), '"data" is missing'],
    [line({ agent: 5 }), '"agent" is not text'],
    [line({ cause: 'x' }), '"cause" is not a whole number above 0'],
  ])('%s', (text, reason) => {
    expect(() => decodeEntry(text)).toThrow(expect.objectContaining({ code: 'ERR_LOG_LINE', message: expect.stringContaining(reason) }))
  })

  test('a nesting of 100,000 levels is no danger', () => {
    expect(decodeEntry(`${line({}).slice(0, -3)}${'['.repeat(100_000)}${']'.repeat(100_000)}}`).seq).toBe(1)
  })
})

describe('versions of the format', () => {
  test('a newer log is refused as a whole', () => {
    const newer = expect.objectContaining({ code: 'ERR_LOG_NEWER', hint: 'Update ramure to read it.' })
    expect(() => decodeEntry(line({ type: 'run_started', data: { v: FORMAT_VERSION + 1 } }))).toThrow(newer)
    expect(() => decodeEntry(line({}), FORMAT_VERSION + 1)).toThrow(newer)
  })

  test('an older line goes through every step of the table', () => {
    const table = new Map([[0, ({ kind, ...old }: JsonObject) => ({ ...old, scope: '/', type: kind === 'bye' ? 'shutdown' : '' })]])
    const old = '{"seq":7,"time":"2026-11-21T09:41:07.123Z","kind":"bye","by":"program","data":{}}'
    expect(decodeEntry(old, 0, table)).toMatchObject({ seq: 7, type: 'shutdown', scope: '/' })
  })

  test('an older line without a way up is refused', () => {
    expect(() => decodeEntry(line({}), 0)).toThrow('there is no way from format 0 to format 1')
  })
})
