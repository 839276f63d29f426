import { fc, test } from '@fast-check/vitest'
import { encode } from '@msgpack/msgpack'
import { describe, expect } from 'vitest'
import { FRAME_DEPTH_MAX, parseFrame } from '../../src/wire/frame.ts'
import { loadMessagePack } from '../../src/wire/msgpack.ts'

const msgpack = await loadMessagePack()

describe('a frame', () => {
  test('with an event is read, whatever its own activity is called', () => {
    expect(parseFrame('{"type":"event","event_type":"tool_call","data":{"call_id":"c1"},"id":"b:1"}')).toEqual({
      kind: 'event',
      event: { type: 'tool_call', data: { call_id: 'c1' }, id: 'b:1' },
    })
    expect(parseFrame('{"type":"event","event_type":"my.own-event"}')).toEqual({ kind: 'event', event: { type: 'my.own-event', data: {} } })
  })

  test('with a sync is read', () => {
    expect(parseFrame('{"type":"sync","after":41}')).toEqual({ kind: 'sync', after: 41 })
  })

  test.each([['-1'], ['1.5'], ['"1"'], ['null'], ['1e300'], ['[]']])('with a sync after %s is refused', (after) => {
    expect(parseFrame(`{"type":"sync","after":${after}}`)).toMatchObject({ kind: 'refused', code: 'ERR_FRAME_INVALID' })
  })

  test.each([
    [''],
    ['{'],
    ['null'],
    ['[]'],
    ['"x"'],
    ['7'],
    ['{}'],
    ['{"type":"__proto__"}'],
    ['{"__proto__":{"type":"sync","after":1}}'],
    ['\u0000'],
  ])('that is none is ignored: %j', (text) => {
    expect(parseFrame(text).kind).toBe('ignored')
  })

  test('of bytes that are not UTF-8 is ignored', () => {
    expect(parseFrame(Buffer.from([0x22, 0xff, 0x22])).kind).toBe('ignored')
    expect(parseFrame(Buffer.from('{"type":"sync","after":2}'))).toEqual({ kind: 'sync', after: 2 })
  })

  test.each([
    'tool_result',
    'shutdown',
    'message',
    'registered',
    'tool_registered',
    'error',
    'disconnected',
    'agent_exited',
    'run_started',
    'run_ended',
    'process_done',
    'agent_activity',
    'warning',
    'cli_send',
    'stop_requested',
  ])("with the server's own event %s is refused and keeps its id", (type) => {
    expect(parseFrame(`{"type":"event","event_type":"${type}","data":{},"id":"b:7"}`)).toMatchObject({
      kind: 'refused',
      code: 'ERR_EVENT_RESERVED',
      id: 'b:7',
    })
  })

  test.each([['../../x'], ['a;b'], ['-t'], ['😀'], [''], ['__proto__'], ['a b'], ['%2e%2e'], ['x'.repeat(65)], [7], [null], [{}]])(
    'with the event type %j is refused',
    (type) => {
      expect(parseFrame(JSON.stringify({ type: 'event', event_type: type }))).toMatchObject({ kind: 'refused', code: 'ERR_FRAME_INVALID' })
    },
  )

  test.each([[null], [[]], ['x'], [1], [true]])('with the data %j is refused', (data) => {
    expect(parseFrame(JSON.stringify({ type: 'event', event_type: 'x', data }))).toMatchObject({
      kind: 'refused',
      code: 'ERR_FRAME_INVALID',
    })
  })

  test.each([[''], [7], [null], ['x'.repeat(201)], ['a\nb'], ['😀']])('with the id %j is refused without repeating it', (id) => {
    const frame = parseFrame(JSON.stringify({ type: 'event', event_type: 'x', id }))
    expect(frame).toMatchObject({ kind: 'refused', code: 'ERR_FRAME_INVALID' })
    expect(frame).not.toHaveProperty('id')
  })

  test('nested 100,000 deep is refused before it is built', () => {
    const deep = `{"type":"event","event_type":"x","data":{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`
    expect(parseFrame(deep)).toMatchObject({ kind: 'refused', code: 'ERR_FRAME_DEPTH' })
    expect(parseFrame('['.repeat(4_000_000))).toMatchObject({ kind: 'refused', code: 'ERR_FRAME_DEPTH' })
  })

  test('may nest as deep as documented and no deeper; brackets in strings do not count', () => {
    const nested = (depth: number) =>
      `{"type":"event","event_type":"x","data":{"a":${'['.repeat(depth - 2)}"[[[\\"[[{{"${']'.repeat(depth - 2)}}}`
    expect(parseFrame(nested(FRAME_DEPTH_MAX)).kind).toBe('event')
    expect(parseFrame(nested(FRAME_DEPTH_MAX + 1)).kind).toBe('refused')
  })

  test('keeps a `__proto__` key as data and touches no prototype', () => {
    const frame = parseFrame('{"type":"event","event_type":"x","data":{"__proto__":{"polluted":1},"n":1e1}}')
    expect(JSON.stringify(frame)).toContain('{"__proto__":{"polluted":1},"n":10}')
    expect(({} as { polluted?: number }).polluted).toBeUndefined()
    expect((frame as unknown as { event: { data: { polluted?: number } } }).event.data.polluted).toBeUndefined()
  })

  test('with what JSON text can say but JSON cannot write again becomes plain JSON', () => {
    const frame = parseFrame('{"type":"event","event_type":"x","data":{"big":1e999,"half":"\\ud800","zero":-0}}')
    expect(frame).toEqual({ kind: 'event', event: { type: 'x', data: { big: null, half: '\ufffd', zero: 0 } } })
  })

  test.prop([fc.oneof(fc.string({ unit: 'binary' }), fc.json(), fc.uint8Array({ maxLength: 64 }))])(
    'of any content never throws',
    (raw) => {
      expect(['sync', 'event', 'ignored', 'refused']).toContain(parseFrame(raw).kind)
    },
  )

  test.prop([fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })), fc.stringMatching(/^[a-z][a-z0-9:]{0,20}$/)])(
    'keeps any JSON data as it is',
    (data, id) => {
      const plain: unknown = JSON.parse(JSON.stringify(data))
      expect(parseFrame(JSON.stringify({ type: 'event', event_type: 'own', data, id }))).toStrictEqual({
        kind: 'event',
        event: { type: 'own', data: plain, id },
      })
    },
  )
})

describe('a MessagePack frame', () => {
  test('is read like a JSON frame; bytes become base64, whatever they are', () => {
    const frame = msgpack.parse(
      encode({ type: 'event', event_type: 'x', data: { raw: [new Uint8Array([104, 105, 255])], nan: Number.NaN }, id: 'b:1' }),
    )
    expect(frame).toEqual({ kind: 'event', event: { type: 'x', data: { raw: ['aGn/'], nan: null }, id: 'b:1' } })
    expect(msgpack.parse(encode({ type: 'sync', after: 3 }))).toEqual({ kind: 'sync', after: 3 })
  })

  test.each([
    ['an array of four thousand million items', [0xdd, 0xff, 0xff, 0xff, 0xff]],
    ['a map of them', [0xdf, 0xff, 0xff, 0xff, 0xff]],
    ['a string longer than the frame', [0xdb, 0xff, 0xff, 0xff, 0xff, 0x61]],
    ['a torn head', [0xdd, 0xff]],
    ['an extension', [0xd4, 0x01, 0x00]],
    ['the byte that is never used', [0xc1]],
    ['two values', [0x01, 0x02]],
    ['nothing', []],
    ['a `__proto__` key', [...encode(JSON.parse('{"type":"event","event_type":"x","data":{"__proto__":1}}'))]],
  ])('that is %s is ignored', (_what, bytes) => {
    expect(msgpack.parse(new Uint8Array(bytes)).kind).toBe('ignored')
  })

  test('nested 100,000 deep is refused', () => {
    expect(msgpack.parse(new Uint8Array(100_000).fill(0x91))).toMatchObject({ kind: 'refused', code: 'ERR_FRAME_DEPTH' })
  })

  test.prop([fc.uint8Array({ maxLength: 200 })])('of any bytes never throws', (bytes) => {
    expect(['sync', 'event', 'ignored', 'refused']).toContain(msgpack.parse(bytes).kind)
  })

  test.prop([
    fc.dictionary(
      fc.string().filter((key) => key !== '__proto__'),
      fc.jsonValue({ maxDepth: 5 }),
    ),
  ])('keeps any JSON data as it is', (data) => {
    fc.pre(!JSON.stringify(data).includes('"__proto__"'))
    const plain: unknown = JSON.parse(JSON.stringify(data))
    expect(msgpack.parse(encode({ type: 'event', event_type: 'own', data: plain }))).toStrictEqual({
      kind: 'event',
      event: { type: 'own', data: plain },
    })
  })
})
