/** Clients of a Unix socket that send a line and wait for the answer, each over a connection of its own. */
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Timed } from './caller.ts'
import { quantile } from './figures.ts'

export interface Lines {
  readonly path: string
  /** Connections; each has one line under way. */
  readonly inFlight: number
  readonly count: number
  readonly line: string
}

/** Sends `count` lines after a tenth of that to warm up; `before` runs between the two. */
export async function sendLines({ path, inFlight, count, line }: Lines, before: () => Promise<void>): Promise<Timed> {
  const sockets = Array.from({ length: inFlight }, () => connect(path))
  await Promise.all(sockets.map((socket) => once(socket, 'connect')))
  try {
    await round(sockets, Math.ceil(count / 10), line)
    await before()
    const startedMs = performance.now()
    const latenciesUs = await round(sockets, count, line)
    const seconds = (performance.now() - startedMs) / 1000
    return { perSecond: count / seconds, p50Us: quantile(latenciesUs, 0.5), p99Us: quantile(latenciesUs, 0.99) }
  } finally {
    for (const socket of sockets) socket.destroy()
  }
}

type Sockets = readonly ReturnType<typeof connect>[]

function round(sockets: Sockets, count: number, line: string): Promise<Float64Array> {
  const latenciesUs = new Float64Array(count)
  let [sent, answered] = [0, 0]
  return new Promise((resolve, reject) => {
    for (const socket of sockets) {
      let sentAt = 0
      const send = () => {
        if (sent >= count) return
        sent += 1
        sentAt = performance.now()
        socket.write(line)
      }
      socket.removeAllListeners('data').on('data', (answer: Buffer) => {
        // Longer answers than a packet are none of ours.
        if (answer.at(-1) !== LINE_END || answer.includes('"error"')) return reject(new Error(`Unexpected: ${answer}`))
        latenciesUs[answered] = (performance.now() - sentAt) * 1000
        answered += 1
        if (answered === count) resolve(latenciesUs)
        else send()
      })
      send()
    }
  })
}

const LINE_END = 10
