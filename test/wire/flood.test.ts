/** Strangers in numbers: what they may hold is bounded, and nobody holds it for long. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { AgentServer } from '../../src/wire/server.ts'
import { event, open, served, TOKENS } from './client.ts'

const UPGRADE = 'GET /agents/alice/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
const KEY = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'

/** A socket that keeps its own half open for as long as it can. */
function stranger(port: number, says = ''): Socket & { readonly gone: Promise<unknown> } {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => {}).resume()
  if (says !== '') socket.write(says)
  // Its end is the server's doing; a reset is one too.
  const gone = new Promise((resolve) => socket.once('end', resolve).once('close', resolve))
  return Object.assign(socket, { gone })
}

describe('a flood of strangers', () => {
  test.for([
    ['who say nothing', ''],
    ['who never finish their request', UPGRADE],
    ['whose token is wrong and who do not leave', `${UPGRADE}${KEY}Authorization: Bearer x\r\n\r\n`],
    ['who speak HTTP and keep the connection', 'GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n'],
  ] as const)('%s is hung up on, and then an agent gets in', async ([, says]) => {
    const { server, host } = await served({ socketsMax: 20, handshakeMs: 200 })
    await Promise.all(Array.from({ length: 200 }, () => stranger(server.port, says).gone))
    const agent = await open(server)
    agent.send(event('hello'))
    await agent.got(1)
    expect(server.connectionCount()).toBe(1)
    expect(host.warnings.length).toBeLessThan(10)
  })

  test('that gives one byte at a time has no more time than the others', async () => {
    const { server } = await served({ handshakeMs: 200 })
    const slow = stranger(server.port)
    let isGone = false
    void slow.gone.then(() => (isGone = true))
    // The pace is the attack.
    for (let at = 0; !isGone; at += 1) {
      slow.write(UPGRADE[at % UPGRADE.length] ?? 'x')
      await pause(10)
    }
    expect(server.connectionCount()).toBe(0)
  })

  test('does not throw out who is in already', async () => {
    const { server } = await served({ socketsMax: 5, handshakeMs: 100 })
    const agent = await open(server)
    await Promise.all(Array.from({ length: 50 }, () => stranger(server.port).gone))
    agent.send(event('still here'))
    agent.send(event('hello'))
    await agent.got(1)
    expect(server.connectionCount()).toBe(1)
  })
})

describe('a connection that is half open', () => {
  test('because its client has said all it will say is closed', async () => {
    const { server } = await served()
    const socket = stranger(server.port, `${UPGRADE}${KEY}Authorization: Bearer ${TOKENS.alice}\r\n\r\n`)
    await once(socket, 'data')
    expect(server.connectionCount()).toBe(1)
    socket.end()
    await socket.gone
    await empty(server)
  })

  test('because its client has vanished is cut off after two pings', async () => {
    const { server } = await served({ pingMs: 30 })
    const socket = stranger(server.port, `${UPGRADE}${KEY}Authorization: Bearer ${TOKENS.alice}\r\n\r\n`)
    await once(socket, 'data')
    // It takes what comes and answers nothing, as a peer behind a dead line seems to.
    await socket.gone
    await empty(server)
  })
})

/** The client may see the end before the server has counted it. */
async function empty(server: AgentServer): Promise<void> {
  while (server.connectionCount() > 0) await turn()
}
