import { once } from 'node:events'
import { fc, test } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import type { Client } from './client.ts'
import { dial, open, served, upTo } from './client.ts'

/** The socket below a client: what it does not read piles up on the other side. */
function below(client: Client): { pause(): void; resume(): void } {
  return (client.ws as unknown as { _socket: { pause(): void; resume(): void } })._socket
}

describe('a client that stops reading', () => {
  test('costs a bounded queue, does not hold up others, and gets all of it once it reads again', async () => {
    const { server, host } = await served({ queueBytesMax: 256 * 1024 })
    const [slow, quick] = await Promise.all([open(server), open(server)])
    below(slow).pause()
    const before = process.memoryUsage().arrayBuffers
    // 2,000 times 20 KB are 40 MB: far more than the kernel takes.
    for (let n = 1; n <= 2_000; n += 1) {
      host.say('alice', 'message', { text: 'x'.repeat(20_000) })
      if (n % 5 === 0) await quick.got(n)
    }
    expect(quick.seqs()).toEqual(upTo(2_000))
    expect(new Set(host.warnings.map(({ code }) => code))).toEqual(new Set(['WARN_CLIENT_SLOW']))
    expect(host.fetched).toBeLessThan(1_000)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(500_000_000)
    below(slow).resume()
    await slow.got(2_000)
    expect(slow.seqs()).toEqual(upTo(2_000))
    const [told] = slow.lagged as { behind: number }[]
    expect(slow.lagged).toEqual([
      {
        type: 'lagged',
        data: { from: (told?.behind ?? 0) + 1, to: 2_000 },
        seq: 0,
        ts: expect.any(Number),
        origin: 'server',
        behind: told?.behind,
      },
    ])
    expect(quick.lagged).toEqual([])
  })

  /** Two clients, of which one reads; of the other so much waits that it would have to be left out. */
  async function stalled(options: { readonly pingMs: number; readonly stallMs: number }) {
    const { server, host } = await served({ queueBytesMax: 64 * 1024, ...options })
    const [slow, quick] = await Promise.all([open(server), open(server)])
    below(slow).pause()
    // In one turn, so that no ping comes before anything waits.
    for (let n = 1; n <= 1_000; n += 1) host.say('alice', 'message', { text: 'x'.repeat(20_000) })
    return { server, slow, quick }
  }

  test('is not cut off because it answers no pings while more waits for it, and is told what it missed', async () => {
    const { server, slow, quick } = await stalled({ pingMs: 50, stallMs: 60_000 })
    for (let pings = 0; pings < 8; pings += 1) await once(quick.ws, 'ping')
    expect(server.connectionCount()).toBe(2)
    below(slow).resume()
    await slow.got(1_000)
    expect(slow.seqs()).toEqual(upTo(1_000))
    expect(slow.lagged).toHaveLength(1)
    // From here on it is pinged like anybody.
    for (let pings = 0; pings < 4; pings += 1) await once(slow.ws, 'ping')
    expect(server.connectionCount()).toBe(2)
  })

  test('is cut off when it takes nothing for too long', async () => {
    const { server, quick } = await stalled({ pingMs: 50, stallMs: 150 })
    while (server.connectionCount() > 1) await once(quick.ws, 'ping')
    expect(quick.ws.readyState).toBe(quick.ws.OPEN)
  })
})

type Step = { readonly client: number; readonly act: 'say' | 'sync' | 'stall' | 'read' | 'drop' | 'pause' }

describe('any number of clients', () => {
  const step = fc.record<Step>({
    client: fc.nat({ max: 2 }),
    act: fc.constantFrom('say', 'say', 'say', 'sync', 'stall', 'read', 'drop', 'pause'),
  })

  test.prop([fc.array(step, { maxLength: 60 })], { numRuns: 25 })(
    'see 1, 2, 3 … contiguous and once each, however publishing, syncing, stalling and reconnecting interleave',
    async (story) => {
      const { server, host } = await served({ queueBytesMax: 1 })
      const seen: number[][] = [[], [], []]
      const clients: (Client | null)[] = [null, null, null]
      // A client keeps what follows its last number, as the protocol asks it to, and never sees anything else.
      const listen = (index: number) => {
        const client = dial(server)
        clients[index] = client
        const after = seen[index]!.length
        client.ws.on('open', () => client.send({ type: 'sync', after }))
        let synced = false
        client.ws.on('message', (data: Buffer) => {
          const { seq } = JSON.parse(data.toString()) as { seq: number }
          // What was published between the upgrade and the sync comes first and is dropped.
          synced ||= seq === after + 1
          if (synced && seq > seen[index]!.length) seen[index]!.push(seq)
        })
      }
      ;[0, 1, 2].forEach(listen)
      for (const { client: index, act } of story) {
        const client = clients[index]!
        if (act === 'say') for (let n = 0; n < 5; n += 1) host.say('alice', 'message', { text: 'x'.repeat(30_000) })
        if (act === 'sync' && client.ws.readyState === client.ws.OPEN) client.send({ type: 'sync', after: 0 })
        if (act === 'stall') client.ws.pause()
        if (act === 'read') client.ws.resume()
        if (act === 'pause') await new Promise((resolve) => setImmediate(resolve))
        if (act === 'drop') {
          client.ws.removeAllListeners('message')
          client.ws.terminate()
          listen(index)
        }
      }
      host.say('alice', 'shutdown')
      const last = host.entries.get('alice')!.length
      for (const [index, client] of clients.entries()) {
        client!.ws.resume()
        while (seen[index]!.length < last) await client!.got(client!.frames.length + 1)
        expect(seen[index]).toEqual(upTo(last))
        client!.ws.terminate()
      }
      await server.close()
    },
  )
})
