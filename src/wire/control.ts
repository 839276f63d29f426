/**
 * The control socket of a live run: lines of JSON in, lines of JSON out. Commands of one connection are answered in
 * order; connections do not wait for each other.
 */
import { chmod, lstat, unlink } from 'node:fs/promises'
import type { Server, Socket } from 'node:net'
import { createServer } from 'node:net'
import { RamureError } from '../log/error.ts'
import type { JsonObject } from '../log/events.ts'
import type { ControlReply } from './control-command.ts'
import { obey } from './control-command.ts'
import { drained } from './drained.ts'
import type { ControlHost } from './host.ts'
import { lineReader } from './lines.ts'
import { answers } from './registry.ts'
import { type Waker, waker } from './waker.ts'

export interface ControlServer extends AsyncDisposable {
  readonly path: string
  /** Lets commands under way answer for at most a second, hangs up, removes the socket. Idempotent. */
  close(): Promise<void>
}

export interface ControlOptions {
  /** Longest line, bytes; default 1 MiB. */
  readonly lineBytesMax?: number
  /** How long a client may take to finish a line it began, and to begin its first, milliseconds; default 10,000. */
  readonly lineMs?: number
  /** Connections at a time; default 256. */
  readonly connectionsMax?: number
}

const GOODBYE_MS = 1_000
const LINE_END = Buffer.from('\n')

/**
 * Listens on the Unix socket `path` (0600). A stale socket there is replaced. Throws ERR_CONTROL_IN_USE when somebody
 * answers on it, and when something else than a socket is there.
 */
export async function startControl(host: ControlHost, path: string, options: ControlOptions = {}): Promise<ControlServer> {
  await makeRoom(path)
  const clients = new Set<Client>()
  const wakers = waker(host)
  // A client that closes its half after the last command still wants the answer.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const client = attend(socket, host, wakers, options)
    clients.add(client)
    socket.once('close', () => clients.delete(client))
  })
  server.maxConnections = options.connectionsMax ?? 256
  await listen(server, path)
  // A connection that could not be taken must not end the process.
  server.on('error', () => {})
  await chmod(path, 0o600)

  let closed: Promise<void> | null = null
  const close = () => (closed ??= shut(server, clients, wakers))
  return { path, close, [Symbol.asyncDispose]: close }
}

interface Client {
  /** Answers what is under way, takes nothing more. A follower goes when the log has nothing more for it. */
  leave(): void
  destroy(): void
}

/** Serves one connection until it closes. */
function attend(socket: Socket, host: ControlHost, wakers: Waker, options: ControlOptions): Client {
  const lineMs = options.lineMs ?? 10_000
  const gone = new AbortController()
  const lines = lineReader(options.lineBytesMax ?? 1024 * 1024)
  let isBusy = false
  let isEnding = false
  let isFollowing = false
  let deadline: NodeJS.Timeout | null = null

  const finish = () => {
    isEnding = true
    if (!isBusy) socket.end()
  }
  /** The clock runs while the client owes the rest of a line; a byte now and then does not wind it up again. */
  const windUp = () => void (deadline ??= setTimeout(() => socket.destroy(), lineMs))
  const stopClock = () => {
    if (deadline) clearTimeout(deadline)
    deadline = null
  }
  const reply = async (made: ControlReply) => {
    if (made.kind === 'answer') return writeLine(socket, made.answer)
    isFollowing = true
    // From here on its end is all that is awaited of the client.
    socket.resume()
    if (made.kind === 'wake') wakers.add(socket, gone.signal)
    else await stream(socket, made, host, gone.signal)
  }
  /** One command after the other; meanwhile the socket is not read, so that a client cannot pile them up. */
  const work = async () => {
    isBusy = true
    socket.pause()
    for (let line = lines.next(); line !== null; line = lines.next()) {
      stopClock()
      if (line.length > 0) await reply(await obey(line, host))
      if (isFollowing || gone.signal.aborted) return
    }
    if (lines.isTooLong() && !isEnding) {
      isEnding = true
      await writeLine(socket, { error: 'line too long', code: 'ERR_LINE_TOO_LONG' })
    }
    isBusy = false
    if (!lines.isBetween()) windUp()
    if (isEnding) finish()
    // What comes after the last answer is read too, or the client could not finish writing it.
    socket.resume()
  }

  socket.on('data', (chunk: Buffer) => {
    if (isFollowing || isEnding) return
    lines.push(chunk)
    if (!isBusy) void work() // It answers its own failures.
  })
  socket.on('end', () => {
    isEnding = true
    if (isFollowing) gone.abort()
    // The end of the stream ends a line as well.
    if (!lines.isBetween()) lines.push(LINE_END)
    if (!isBusy) void work()
  })
  socket.on('error', () => {}) // A client that vanishes is no news.
  socket.on('close', () => {
    gone.abort()
    stopClock()
  })
  windUp()
  return {
    leave() {
      if (!isFollowing) finish()
    },
    destroy: () => socket.destroy(),
  }
}

/**
 * Entries as lines, as fast as the client takes them. What waits for a live reader is kept in memory, so nothing waits for
 * one that does not read: it is left out until it goes on, then told how far it is behind, and gets what it missed from the log.
 */
async function stream(
  socket: Socket,
  made: Extract<ControlReply, { kind: 'follow' }>,
  host: ControlHost,
  signal: AbortSignal,
): Promise<void> {
  let cursor = made.after
  // What is there already is history, and nobody is late for it.
  let toldSeq = host.writtenSeq()
  const tellLag = async (to: number) => {
    const from = Math.max(cursor, toldSeq) + 1
    if (from > to) return
    toldSeq = to
    await writeLine(socket, { lagged: { from, to } })
  }
  let isOver = false
  try {
    while (!isOver && !signal.aborted) {
      isOver = true
      for await (const item of host.follow(cursor, signal)) {
        if (signal.aborted) break
        if ('lagged' in item) {
          await tellLag(item.lagged.to)
          continue
        }
        cursor = item.seq
        // The cast: an entry is JSON, its type only lacks the index signature.
        if (made.wants(item) && !(await isTaken(socket, item as unknown as JsonObject))) {
          isOver = false
          break
        }
      }
      await drained(socket)
      if (!isOver && !signal.aborted) await tellLag(host.writtenSeq())
    }
  } catch (error) {
    if (!signal.aborted)
      await writeLine(socket, { error: error instanceof Error ? error.message : String(error), code: 'ERR_FOLLOW_FAILED' })
  }
  socket.end()
}

const SLOW_MS = 100

/** Writes a line; false when the client has not taken enough for the next one within a moment. */
async function isTaken(socket: Socket, line: JsonObject): Promise<boolean> {
  if (socket.write(`${JSON.stringify(line)}\n`)) return true
  const slow = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => slow.resolve(false), SLOW_MS)
  try {
    return await Promise.race([drained(socket).then(() => true), slow.promise])
  } finally {
    clearTimeout(timer)
  }
}

/** Resolves when the client has taken enough for the next line. */
async function writeLine(socket: Socket, line: JsonObject): Promise<void> {
  if (!socket.write(`${JSON.stringify(line)}\n`)) await drained(socket)
}

async function makeRoom(path: string): Promise<void> {
  const found = await lstat(path).catch(() => null)
  if (!found) return
  if (!found.isSocket() || (await answers(path))) {
    throw new RamureError(
      'ERR_CONTROL_IN_USE',
      `The control socket '${path}' cannot be bound: ${found.isSocket() ? 'a live run answers on it' : 'it is no socket'}.`,
      {
        hint: 'Look at what is there; `ramure ls` shows live runs, `ramure doctor` what dead ones left behind.',
      },
    )
  }
  await unlink(path)
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** Closing a server that listens on a path removes the path. */
async function shut(server: Server, clients: ReadonlySet<Client>, wakers: Waker): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  wakers.close()
  for (const client of clients) client.leave()
  const timer = setTimeout(() => clients.forEach((client) => client.destroy()), GOODBYE_MS)
  await closed
  clearTimeout(timer)
}
