/** Clients that do not wait for the server's answer to speak, also while the codec that they asked for is not loaded yet. */
import { randomBytes } from 'node:crypto'
import { encode } from '@msgpack/msgpack'
import { describe, expect, test } from 'vitest'
import type { AgentServer } from '../../src/wire/server.ts'
import { event, readAll, served, TOKENS, tcp } from './client.ts'

function request(server: AgentServer, protocol: string): Buffer {
  return Buffer.from(
    [
      'GET /agents/alice/ws HTTP/1.1',
      `Host: 127.0.0.1:${server.port}`,
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      `Authorization: Bearer ${TOKENS.alice}`,
      ...(protocol === '' ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
      '',
      '',
    ].join('\r\n'),
  )
}

/** A frame as a client sends it: masked, with zeros. */
function frameOf(payload: Uint8Array, isBinary: boolean): Buffer {
  const [first, mask] = [isBinary ? 0x82 : 0x81, Buffer.alloc(4)]
  const length = payload.length < 126 ? Buffer.of(0x80 | payload.length) : Buffer.of(0x80 | 126, payload.length >> 8, payload.length & 255)
  return Buffer.concat([Buffer.of(first), length, mask, payload])
}

const COUNT = 40

function framesOf(protocol: string): Buffer[] {
  const isBinary = protocol !== ''
  return Array.from({ length: COUNT }, (_, n) => {
    const frame = event('own', { n, text: 'x'.repeat(n * 9) }, `b:${n + 1}`)
    return frameOf(isBinary ? encode(frame) : Buffer.from(JSON.stringify(frame)), isBinary)
  })
}

describe.for(['ramure.msgpack', ''])('a client that speaks before it was answered (%s)', (protocol) => {
  test.for([
    ['in one piece', Number.POSITIVE_INFINITY],
    ['in pieces that end inside of frames', 57],
    ['with the first bytes of a frame behind the request', 1],
  ] as const)('is heard in full and in order: %s', async ([, pieceBytes]) => {
    const { server, host } = await served()
    const socket = await tcp(server)
    socket.setNoDelay()
    const [head, ...frames] = [request(server, protocol), ...framesOf(protocol)]
    const bytes = Buffer.concat(frames)
    const first = Math.min(bytes.length, pieceBytes)
    socket.write(Buffer.concat([head as Buffer, bytes.subarray(0, first)]))
    for (let at = first; at < bytes.length; at += Math.max(pieceBytes, 57)) socket.write(bytes.subarray(at, at + Math.max(pieceBytes, 57)))
    await host.until(() => host.received.length >= COUNT)
    expect(host.received.map(({ event: { data } }) => (data as { readonly n: number }).n)).toStrictEqual(
      Array.from({ length: COUNT }, (_, n) => n),
    )
    expect(server.connectionCount()).toBe(1)
  })
})

test('an agent that ends while the codec is loaded is not waited for by a connection of its own', async () => {
  const { server, host } = await served()
  const { token } = host
  let asked = 0
  // There when it asks to be let in, gone right after.
  host.token = (agent) => ((asked += 1) === 1 ? token(agent) : null)
  const socket = await tcp(server)
  socket.write(request(server, 'ramure.msgpack'))
  expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 401 /)
  expect(server.connectionCount()).toBe(0)
})
