/** A run under load whose readers stop reading, and what became of it: of its memory, of the others, of what was missed. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { connectAs, type ExternalClient, registeredAs } from '../runtime/external-client.ts'
import { upTo } from './client.ts'

const PROGRAM = fileURLToPath(new URL('../fixtures/flooded-run.ts', import.meta.url))

export interface Memory {
  readonly heapUsed: number
  /** Of it, bytes that wait for sockets and files. */
  readonly arrayBuffers: number
}

export interface FloodedRun {
  readonly agent: ExternalClient
  /** A client that has everything up to now and reads no more until it is resumed. */
  stalledViewer(): Promise<StalledViewer>
  /** The same on the control socket. */
  stalledFollower(): Promise<StalledFollower>
  /** Sends `count` events of `bytes` through the agent, no more than some at a time; resolves when all have come back. */
  flood(count: number, bytes: number): Promise<void>
  /** What the run's process uses after a collection. */
  memory(): Promise<Memory>
  /** Ends the run and waits until its process has gone. */
  finish(): Promise<void>
}

export interface StalledViewer {
  readonly seqs: readonly number[]
  /** What it was told that it missed. */
  readonly lagged: readonly unknown[]
  /** Reads on, on this connection or, when it was cut, on a new one from where it was; until the entry `last` has come. */
  resume(last: number): Promise<{ readonly reconnected: boolean }>
}

export interface StalledFollower {
  /** Reads everything until the run hangs up: the numbers of all entries, the codes of the warnings among them, what it was told that it missed. */
  resume(): Promise<{ readonly seqs: readonly number[]; readonly warnings: ReadonlySet<string>; readonly lagged: readonly unknown[] }>
}

const AT_A_TIME = 100

export async function floodedRun(): Promise<FloodedRun> {
  const home = mkdtempSync(join(tmpdir(), 'rs-'))
  const child = fork(PROGRAM, { env: { ...process.env, RAMURE_HOME: home }, execArgv: ['--expose-gc', '--max-semi-space-size=2'] })
  const ended = once(child, 'exit')
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
    rmSync(home, { recursive: true, force: true })
  })
  const [{ run }] = (await once(child, 'message')) as [{ readonly run: string }]
  const file = JSON.parse(readFileSync(join(home, 'runtimes', `${run}.agents`, 'worker.json'), 'utf8')) as Parameters<typeof connectAs>[0]
  const agent = await registeredAs(file)
  let sent = 0
  return {
    agent,
    stalledViewer: () => stalledViewer(file, agent.lastSeq()),
    stalledFollower: () => stalledFollower(join(home, 'runtimes', `${run}.sock`)),
    async flood(count, bytes) {
      const text = 'x'.repeat(bytes)
      for (const last = sent + count; sent < last; ) {
        const upTo = Math.min(last, sent + AT_A_TIME)
        for (; sent < upTo; sent += 1) agent.event('note', { n: sent, text })
        await agent.got('note', ({ n }) => n === upTo - 1)
        agent.forget()
      }
    },
    memory: () => memoryOf(child),
    async finish() {
      agent.event('tool_call', { call_id: 'last', tool: 'finish' })
      await ended
    },
  }
}

async function memoryOf(child: ChildProcess): Promise<Memory> {
  const answer = once(child, 'message')
  child.send('memory')
  return ((await answer) as [Memory])[0]
}

async function stalledViewer(file: Parameters<typeof connectAs>[0], after: number): Promise<StalledViewer> {
  // Without a sync it gets what is published from now on: it is live when it stops reading.
  const first = await connectAs(file)
  first.pause()
  const seqs = upTo(after)
  const take = (client: ExternalClient) => {
    for (const { seq } of client.frames) if (seq === (seqs.at(-1) ?? 0) + 1) seqs.push(seq)
    client.forget()
  }
  const readOn = async (client: ExternalClient, last: number): Promise<boolean> => {
    let isClosed = false
    void client.closed.then(() => (isClosed = true))
    while ((seqs.at(-1) ?? 0) < last && !isClosed) {
      await Promise.race([client.more(), client.closed])
      take(client)
    }
    return !isClosed
  }
  return {
    seqs,
    lagged: first.lagged,
    async resume(last) {
      take(first)
      first.resume()
      if (await readOn(first, last)) return { reconnected: false }
      const second = await connectAs(file)
      second.sync(seqs.at(-1) ?? 0)
      await readOn(second, last)
      return { reconnected: true }
    },
  }
}

async function stalledFollower(path: string): Promise<StalledFollower> {
  const socket: Socket = connect(path)
  await once(socket, 'connect')
  onTestFinished(() => void socket.destroy())
  socket.write('{"cmd":"follow","after":0}\n')
  socket.pause()
  return {
    async resume() {
      const seqs: number[] = []
      const warnings = new Set<string>()
      const lagged: unknown[] = []
      let rest = ''
      for await (const chunk of socket.setEncoding('utf8')) {
        const lines = (rest + String(chunk)).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) {
          const { seq, type, data, lagged: missed } = JSON.parse(line) as FollowedLine
          if (missed !== undefined) lagged.push({ ...missed, behind: seqs.at(-1) })
          else seqs.push(seq)
          if (type === 'warning') warnings.add(data.code)
        }
      }
      return { seqs, warnings, lagged }
    },
  }
}

interface FollowedLine {
  readonly seq: number
  readonly type: string
  readonly data: { readonly code: string }
  readonly lagged?: object
}
