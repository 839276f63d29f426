import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A bad network between agents and their server. */
export interface Proxy {
  readonly port: number
  /** From now on nothing comes through in this direction, though it looks as if it did. */
  swallow(direction: 'to-server' | 'to-agent'): void
  /** Texts of the frames that agents sent and nobody got, since the last `swallow`. */
  swallowed(): readonly string[]
  /** Cuts every connection, without goodbye. New ones work. */
  cut(): void
  /** Cuts every connection and refuses new ones until `up`. */
  down(): void
  up(): void
  /** Connections so far. */
  connectionCount(): number
  close(): Promise<void>
}

/** Forwards to `port` on loopback. */
export async function startProxy(port: number): Promise<Proxy> {
  const pairs = new Set<Pair>()
  let [isDown, count] = [false, 0]
  const listener = createServer((agent) => {
    if (isDown) return void agent.destroy()
    count += 1
    pairs.add(join(agent, connect(port, '127.0.0.1'), (pair) => pairs.delete(pair)))
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  let swallowing: readonly Pair[] = []
  const cut = (): void => [...pairs].forEach(({ end }) => end())
  return {
    port: (listener.address() as AddressInfo).port,
    swallow(direction) {
      swallowing = [...pairs]
      for (const pair of pairs) pair.swallows = direction
    },
    swallowed: () => swallowing.flatMap(({ lost }) => clientTexts(Buffer.concat(lost))),
    cut,
    down() {
      isDown = true
      cut()
    },
    up: () => void (isDown = false),
    connectionCount: () => count,
    async close() {
      listener.close()
      cut()
      await once(listener, 'close')
    },
  }
}

interface Pair {
  swallows: 'to-server' | 'to-agent' | null
  /** What the agent said and nobody got. */
  readonly lost: Buffer[]
  end(): void
}

function join(agent: Socket, server: Socket, ended: (pair: Pair) => void): Pair {
  const pair: Pair = {
    swallows: null,
    lost: [],
    end() {
      ended(pair)
      agent.destroy()
      server.destroy()
    },
  }
  agent.on('data', (chunk: Buffer) => void (pair.swallows === 'to-server' ? pair.lost.push(chunk) : server.write(chunk)))
  server.on('data', (chunk: Buffer) => pair.swallows === 'to-agent' || agent.write(chunk))
  for (const socket of [agent, server]) socket.on('error', pair.end).on('close', pair.end)
  return pair
}

/** Whole text frames of a client, unmasked (RFC 6455, 5.2 and 5.3). */
function clientTexts(bytes: Buffer): string[] {
  const texts: string[] = []
  for (let at = 0; at + 2 <= bytes.length; ) {
    const short = bytes.readUInt8(at + 1) & 0x7f
    const extended = short === 126 ? 2 : short === 127 ? 8 : 0
    const start = at + 2 + extended + 4
    if (start > bytes.length) break
    const length = extended === 2 ? bytes.readUInt16BE(at + 2) : extended === 8 ? Number(bytes.readBigUInt64BE(at + 2)) : short
    if (start + length > bytes.length) break
    const mask = bytes.subarray(start - 4, start)
    texts.push(
      bytes
        .subarray(start, start + length)
        .map((byte, index) => byte ^ (mask[index % 4] ?? 0))
        .toString(),
    )
    at = start + length
  }
  return texts
}
