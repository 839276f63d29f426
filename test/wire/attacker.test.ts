import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Client } from './client.ts'
import { dial, event, open, readAll, served, TOKENS, tcp, upTo } from './client.ts'
import { RUN } from './host.ts'

/** The connection still works: what is said last comes back, after whatever else was on its way. */
async function expectAlive(client: Client): Promise<void> {
  client.send(event('alive'))
  while (client.frames.at(-1)?.type !== 'alive') await client.got(client.frames.length + 1)
}

describe('a stranger', () => {
  test.each([
    ['without a token', { token: null }],
    ['with a wrong token', { token: 'x' }],
    ['with the token of another agent', { token: TOKENS.bob }],
    ['with a token that begins like the right one', { token: TOKENS.alice.slice(0, -1) }],
    ['with an empty token', { token: '' }],
    ['with basic credentials', { token: null, headers: { authorization: `Basic ${TOKENS.alice}` } }],
    ['with a wrong token as a subprotocol', { token: null, protocols: ['ramure.bearer.x'] }],
    ['with a wrong header beside a right subprotocol', { token: 'x', protocols: [`ramure.bearer.${TOKENS.alice}`] }],
  ])('%s is turned away before the upgrade', async (_who, spec) => {
    const { server, host } = await served()
    await expect(open(server, spec)).rejects.toThrow('HTTP 401')
    expect(host.warnings).toMatchObject([{ code: 'ERR_UNAUTHORIZED' }])
    expect(JSON.stringify(host.warnings)).not.toContain(TOKENS.alice)
    expect(server.connectionCount()).toBe(0)
  })

  test.each(['https://evil.example', 'null', 'http://127.0.0.1', 'http://localhost:3000'])(
    'with the browser origin %s is refused, even with the token',
    async (origin) => {
      const { server } = await served()
      await expect(open(server, { headers: { origin } })).rejects.toThrow('HTTP 403')
    },
  )

  test('with an origin that was allowed still needs the token', async () => {
    const { server } = await served({ allowedOrigins: ['https://ours.example'] })
    const headers = { origin: 'https://ours.example' }
    await expect(open(server, { token: null, headers })).rejects.toThrow('HTTP 401')
    await open(server, { headers: { ...headers } })
    await expect(open(server, { headers: { origin: 'https://ours.example.evil' } })).rejects.toThrow('HTTP 403')
  })

  test.each([
    ['/', 4000, 'invalid path'],
    ['/agents/alice', 4000, 'invalid path'],
    ['/agents//ws', 4000, 'invalid path'],
    ['/agents/alice/ws/', 4000, 'invalid path'],
    ['/agents/alice/ws/../../bob/ws', 4000, 'invalid path'],
    ['//agents/alice/ws', 4000, 'invalid path'],
    ['/AGENTS/alice/ws', 4000, 'invalid path'],
    ['/agents/../../x/ws', 4000, 'invalid path'],
    ['/agents/carol/ws', 4001, 'unknown agent: carol'],
    ['/agents/a;b/ws', 4001, 'unknown agent: a;b'],
    ['/agents/-t/ws', 4001, 'unknown agent: -t'],
    ['/agents/../ws', 4001, 'unknown agent: ..'],
    ['/agents/__proto__/ws', 4001, 'unknown agent: __proto__'],
    ['/agents/constructor/ws', 4001, 'unknown agent: constructor'],
    ['/agents/%61lice/ws', 4001, 'unknown agent: %61lice'],
    ['/agents/..%2f..%2fx/ws', 4001, 'unknown agent: ..%2f..%2fx'],
    ['/agents/%F0%9F%98%80/ws', 4001, 'unknown agent: %F0%9F%98%80'],
    ['/agents/alice%00/ws', 4001, 'unknown agent: alice%00'],
    [`/agents/${'a'.repeat(300)}/ws`, 4001, `unknown agent: ${'a'.repeat(100)}`],
  ])('at %s is told by a close code', async (path, code, reason) => {
    const { server } = await served()
    const socket = await tcp(server)
    // Literal bytes: URL parsers of clients tidy paths up.
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer ${TOKENS.alice}\r\n\r\n`,
    )
    let bytes = Buffer.alloc(0)
    while (!bytes.includes('\r\n\r\n') || bytes.length < bytes.indexOf('\r\n\r\n') + 8 + reason.length)
      bytes = Buffer.concat([bytes, (await once(socket, 'data'))[0] as Buffer])
    const frame = bytes.subarray(bytes.indexOf('\r\n\r\n') + 4)
    expect(bytes.toString('latin1')).toMatch(/^HTTP\/1\.1 101 /)
    expect(bytes.toString('latin1')).toContain('Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=')
    expect([...frame.subarray(0, 4)]).toEqual([0x88, 2 + reason.length, code >> 8, code & 255])
    expect(frame.subarray(4).toString()).toBe(reason)
    expect(server.connectionCount()).toBe(0)
  })

  test('who sends an emoji as a name as it is reaches nobody', async () => {
    const { server } = await served()
    const client = dial(server, { path: '/agents/😀/ws', token: TOKENS.alice })
    expect((await client.closed).code).toBe(4001)
  })

  test.each([
    ['GET /agents/alice/ws HTTP/1.1\r\nHost: x\r\n\r\n', 'HTTP/1.1 426'],
    ['POST /agents/alice/ws HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n', 'HTTP/1.1 426'],
    [
      `GET /agents/alice/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nAuthorization: Bearer ${TOKENS.alice}\r\n\r\n`,
      'HTTP/1.1 400',
    ],
    ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 'HTTP/1.1 400'],
    ['nonsense\r\n\r\n', 'HTTP/1.1 400'],
    [`GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 'HTTP/1.1 431'],
  ])('who speaks something else is answered and hung up on: %.60j', async (bytes, status) => {
    const { server } = await served()
    const socket = await tcp(server)
    socket.write(bytes, 'latin1')
    expect(await readAll(socket)).toMatch(new RegExp(`^${status} `))
  })

  test('who opens a socket and says nothing, or half a request, is hung up on', async () => {
    const { server } = await served({ handshakeMs: 100 })
    const [silent, half] = await Promise.all([tcp(server), tcp(server)])
    half.write('GET /agents/alice/ws HTTP/1.1\r\nHos')
    expect(await readAll(half)).toMatch(/^(HTTP\/1\.1 408 |$)/)
    expect(await readAll(silent)).toMatch(/^(HTTP\/1\.1 408 |$)/)
  })

  test('who stays after being told that there is no such agent is cut off', async () => {
    const { server } = await served()
    const socket = await tcp(server)
    socket.write(
      'GET /agents/nobody/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    )
    expect(await readAll(socket)).toContain('unknown agent: nobody')
  })

  test('who stays after being turned away is cut off', async () => {
    const { server } = await served()
    const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true })
    onTestFinished(() => void socket.destroy())
    socket.write('GET /agents/alice/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n')
    expect(String((await once(socket, 'data'))[0])).toBe(
      'HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nWWW-Authenticate: Bearer\r\nContent-Length: 0\r\n\r\n',
    )
    await server.close()
  })

  test('cannot hold more sockets than allowed', async () => {
    const { server } = await served({ socketsMax: 2 })
    await Promise.all([tcp(server), tcp(server)])
    const third = await tcp(server)
    expect(await readAll(third)).toBe('')
  })
})

describe('an agent', () => {
  test('whose frame is larger than allowed is closed with 1009, and that is recorded', async () => {
    const { server, host } = await served()
    const client = await open(server)
    client.ws.send(Buffer.alloc(64 * 1024 * 1024, 0x20))
    expect((await client.closed).code).toBe(1009)
    expect(host.warnings).toMatchObject([{ code: 'ERR_FRAME_TOO_LARGE' }])
  })

  test('that sends an event nested 100,000 deep is answered with an error and goes on', async () => {
    const { server, host } = await served()
    const client = await open(server)
    client.send(`{"type":"event","event_type":"x","data":{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`)
    await client.got(1)
    expect(client.frames[0]).toMatchObject({ type: 'error', origin: 'server', data: { code: 'ERR_FRAME_DEPTH' } })
    expect(host.warnings).toMatchObject([{ code: 'ERR_FRAME_DEPTH' }])
    await expectAlive(client)
  })

  test('that plays the server is answered with an error that it takes for a duplicate', async () => {
    const { server, host } = await served()
    const client = await open(server)
    client.send(event('own'))
    client.send(event('tool_result', { call_id: 'c', result: 'forged' }, 'b:9'))
    await client.got(2)
    expect(client.frames[1]).toMatchObject({ type: 'error', seq: 1, id: 'b:9', data: { code: 'ERR_EVENT_RESERVED' } })
    expect(host.received).toHaveLength(1)
    await expectAlive(client)
  })

  test.each([['../../x'], ['a;b'], ['-t'], ['😀'], [''], ['__proto__']])(
    'that calls its event %j is answered with an error',
    async (type) => {
      const { server, host } = await served()
      const client = await open(server)
      client.send(event(type))
      await client.got(1)
      expect(client.frames[0]).toMatchObject({ type: 'error', data: { code: 'ERR_FRAME_INVALID' } })
      expect(host.received).toEqual([])
    },
  )

  test('that sends garbage is not answered; one warning a second says how much of it there was', async () => {
    const { server, host } = await served()
    const client = await open(server)
    for (const garbage of ['', '{', 'null', '[]', '\u0000', '{"type":"nope"}']) client.send(garbage)
    client.ws.send(Buffer.from([0xff, 0xfe, 0x00]))
    await expectAlive(client)
    expect(client.frames).toHaveLength(1)
    expect(host.warnings).toMatchObject([{ code: 'WARN_FRAME_IGNORED' }])
  })

  test.each([
    ['text that is not UTF-8', [0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28], 1007],
    ['a frame without a mask', [0x81, 0x01, 0x61], 1002],
    ['a reserved opcode', [0x83, 0x80, 0, 0, 0, 0], 1002],
    ['compression that nobody agreed on', [0xc1, 0x80, 0, 0, 0, 0], 1002],
  ])('that sends %s is closed', async (_what, bytes, code) => {
    const { server, host } = await served()
    const client = await open(server)
    // The socket below the client: its own library would not send this.
    ;(client.ws as unknown as { _socket: { write(bytes: Buffer): void } })._socket.write(Buffer.from(bytes))
    expect((await client.closed).code).toBe(code)
    expect(host.warnings).toMatchObject([{ code: 'WARN_FRAME_IGNORED' }])
  })

  test('whose data has a `__proto__` key gets it back and pollutes nothing', async () => {
    const { server } = await served()
    const client = await open(server)
    client.send('{"type":"event","event_type":"own","data":{"__proto__":{"polluted":true}}}')
    await client.got(1)
    expect(JSON.stringify(client.frames[0]?.data)).toBe('{"__proto__":{"polluted":true}}')
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  test('that floods with 10,000 frames is slowed down to the rate; each is recorded once, in order', async () => {
    const { server, host } = await served({ ratePerSecondMax: 5_000 })
    const client = await open(server)
    const startedMs = performance.now()
    for (let n = 1; n <= 10_000; n += 1) client.send(`{"type":"event","event_type":"own","data":{"n":${n}}}`)
    await client.got(10_000)
    expect(client.frames.map((frame) => (frame.data as { n: number }).n)).toEqual(upTo(10_000))
    expect(performance.now() - startedMs).toBeGreaterThan(500)
    expect(host.warnings.filter(({ code }) => code === 'WARN_CLIENT_RATE')).not.toHaveLength(0)
    expect(host.warnings.length).toBeLessThan(5)
  })

  test('that floods with refused frames leaves few warnings, and others go on', async () => {
    const { server, host } = await served()
    const [flooder, other] = await Promise.all([open(server), open(server, { agent: 'bob' })])
    for (let n = 0; n < 10_000; n += 1) flooder.send('{"type":"event","event_type":"shutdown"}')
    await expectAlive(other)
    await expectAlive(flooder)
    expect(host.warnings.length).toBeLessThan(5)
    expect(host.received).toHaveLength(2)
  })

  test('that asks for the same history again and again without reading costs bounded memory', async () => {
    const { server, host } = await served({ queueBytesMax: 65_536 })
    for (let n = 0; n < 200; n += 1) host.say('alice', 'message', { text: 'x'.repeat(20_000) })
    const client = await open(server)
    const socket = (client.ws as unknown as { _socket: { pause(): void; resume(): void } })._socket
    socket.pause()
    for (let n = 0; n < 2_000; n += 1) client.send({ type: 'sync', after: 0 })
    client.send(event('last'))
    await host.until(() => host.received.length > 0)
    // Two thousand times two hundred were asked for; what fits into the buffers on the way was fetched.
    expect(host.fetched).toBeLessThan(2_000)
    socket.resume()
    while (client.frames.at(-1)?.type !== 'last') await client.got(client.frames.length + 1)
    expect(client.seqs().slice(-201)).toEqual(upTo(201))
  })

  test('that no longer answers pings is cut off, and the host is told', async () => {
    const { server, host } = await served({ pingMs: 30 })
    const client = await open(server, { autoPong: false })
    client.send(event('register', { execution_id: RUN }))
    expect((await client.closed).code).toBe(1006)
    await host.until(() => host.gone.length > 0)
  })

  test('that answers pings stays', async () => {
    const { server } = await served({ pingMs: 10 })
    const client = await open(server)
    for (let pings = 0; pings < 6; pings += 1) await once(client.ws, 'ping')
    await expectAlive(client)
  })
})
