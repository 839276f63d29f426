import { decode, encode as pack } from '@msgpack/msgpack'
import { expect, test } from 'vitest'
import type { Entry } from '../../src/log/events.ts'
import { encodeEntry, entryFrame } from '../../src/wire/entry-frame.ts'

const base = { seq: 171, time: '2026-11-21T09:41:07.250Z', scope: '/a#0', agent: 'alice', aseq: 44 }

test("an entry goes out with its number in the agent's stream, its time in seconds, its origin and its id", () => {
  const entry: Entry = { ...base, by: 'world', type: 'tool_call', id: 'b:3', data: { call_id: 'c', tool: 't', params: {} } }
  expect(entryFrame(entry)).toEqual({
    type: 'tool_call',
    data: { call_id: 'c', tool: 't', params: {} },
    seq: 44,
    ts: 1795254067.25,
    origin: 'agent',
    id: 'b:3',
  })
})

test('what the agent reports under a name of its own keeps that name', () => {
  const entry: Entry = { ...base, by: 'world', type: 'agent_activity', data: { event: 'compacted', data: { tokens: 7 } } }
  expect(entryFrame(entry)).toMatchObject({ type: 'compacted', data: { tokens: 7 }, origin: 'agent' })
})

test.each([
  ['the program', { by: 'program', type: 'message', data: { text: 'x', delivery: 'steer' } }],
  ['a person at the command line', { by: 'world', type: 'cli_send', data: { agent: 'alice', text: 'x', caller: 'me' } }],
  ['the driver that saw it end', { by: 'world', type: 'agent_exited', data: { cause: 'unknown', by: 'unknown' } }],
])('an entry by %s has the server as its origin', (_who, rest) => {
  expect(entryFrame({ ...base, ...rest } as Entry).origin).toBe('server')
})

test("a socket that closed is the agent's doing", () => {
  expect(entryFrame({ ...base, by: 'world', type: 'disconnected', data: {} }).origin).toBe('agent')
})

test.each([0, 100, 124, 125, 126, 200, 65_000, 70_000, 200_000])(
  'a message of about %i bytes has the head that its size asks for',
  (size) => {
    const entry: Entry = { ...base, by: 'program', type: 'message', data: { text: 'ü'.repeat(size / 2), delivery: 'steer' } }
    const text = Buffer.from(JSON.stringify(entryFrame(entry)))
    const bytes = Buffer.from(encodeEntry(entry, 'json'))
    const head =
      text.length < 126
        ? [0x81, text.length]
        : text.length < 65_536
          ? [0x81, 126, text.length >> 8, text.length & 255]
          : [0x81, 127, 0, 0, 0, 0, 0, text.length >> 16, (text.length >> 8) & 255, text.length & 255]
    expect(bytes.subarray(0, head.length)).toEqual(Buffer.from(head))
    expect(bytes.subarray(head.length).equals(text)).toBe(true)
  },
)

test('an entry is encoded once per format, however many read it', () => {
  let packed = 0
  const codec = {
    encode: (value: unknown) => ((packed += 1), pack(value)),
    parse: () => {
      throw new Error('not used')
    },
  }
  const entry: Entry = { ...base, by: 'program', type: 'shutdown', data: {} }
  expect(encodeEntry(entry, 'json')).toBe(encodeEntry(entry, 'json'))
  expect(encodeEntry(entry, codec)).toBe(encodeEntry(entry, codec))
  expect(packed).toBe(1)
  expect(decode(encodeEntry(entry, codec).subarray(2))).toEqual(entryFrame(entry))
})
