import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { Duplex } from 'node:stream'
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { type ControlServer, startControl } from '../../src/wire/control.ts'
import type { ControlHost } from '../../src/wire/host.ts'
import { PAUSE_MS, waker } from '../../src/wire/waker.ts'
import { wakes } from '../../src/wire/wakes.ts'
import { tempFolder } from './temp.ts'

interface Scene {
  readonly path: string
  readonly server: ControlServer
  /** Writes so many entries, each in a write of its own. */
  write(count: number): void
  listenerCount(): number
}

/** A run that writes nothing but numbers. */
function numbers() {
  const listeners = new Set<() => void>()
  let seq = 0
  const host = {
    writtenSeq: () => seq,
    onWritten(listener: () => void) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    // The cast: nothing else of the run is asked for here.
  } as unknown as ControlHost
  const write = (count: number) => {
    for (let n = 0; n < count; n += 1) {
      seq += 1
      for (const listener of listeners) listener()
    }
  }
  return { host, write, listenerCount: () => listeners.size }
}

/** Its control socket. */
async function scene(): Promise<Scene> {
  const path = join(await tempFolder(), 'run.sock')
  const { host, ...run } = numbers()
  const server = await startControl(host, path)
  onTestFinished(() => server.close())
  return { path, server, ...run }
}

/** Whatever it has begun to wait for is over: timers fire in the order of their ends. */
async function pauseOfWaker(): Promise<void> {
  await pause(PAUSE_MS)
  await turn()
}

interface Reader {
  readonly socket: Socket
  /** Every number it was told. */
  readonly told: number[]
  /** Resolves when it was told `seq`. */
  until(seq: number): Promise<void>
}

async function reader(path: string): Promise<Reader> {
  const socket = connect({ path, allowHalfOpen: true })
  onTestFinished(() => void socket.destroy())
  const told: number[] = []
  let rest = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) told.push((JSON.parse(line) as { seq: number }).seq)
  })
  socket.write('{"cmd":"wake"}\n')
  await once(socket, 'data')
  return {
    socket,
    told,
    async until(seq) {
      while (told.at(-1) !== seq) await once(socket, 'data')
    },
  }
}

test('a reader is told where the log ends, at once and when there is more', async () => {
  const it = await scene()
  it.write(3)
  const one = await reader(it.path)
  expect(one.told).toEqual([3])
  it.write(1)
  await one.until(4)
  it.write(1)
  await one.until(5)
  expect(one.told).toEqual([3, 4, 5])
})

test('many writes in a turn are told once, and the last of them is always told', async () => {
  const it = await scene()
  const readers = [await reader(it.path), await reader(it.path)]
  for (let turns = 0; turns < 20; turns += 1) {
    it.write(100)
    await turn()
  }
  await Promise.all(readers.map((each) => each.until(2_000)))
  for (const { told } of readers) {
    expect(told.length).toBeLessThan(21)
    expect(told).toEqual(told.toSorted((a, b) => a - b))
  }
})

test('to a reader that does not take a line no other is written, and the next one says where the log ends then', async () => {
  const taken: string[] = []
  let take = () => {}
  const stuck = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      taken.push(String(chunk))
      take = done
    },
  })
  const run = numbers()
  const readers = waker(run.host)
  readers.add(stuck, new AbortController().signal)
  for (let n = 0; n < 5; n += 1) {
    run.write(1)
    await pauseOfWaker()
  }
  expect([taken, stuck.writableLength]).toEqual([['{"seq":0}\n'], '{"seq":0}\n'.length])
  take()
  await pauseOfWaker()
  expect(taken).toEqual(['{"seq":0}\n', '{"seq":5}\n'])
  readers.close()
})

test('a run without readers is asked for nothing', async () => {
  const it = await scene()
  expect(it.listenerCount()).toBe(0)
  const one = await reader(it.path)
  expect(it.listenerCount()).toBe(1)
  one.socket.end()
  await once(one.socket, 'close')
  expect(it.listenerCount()).toBe(0)
})

test('readers are let go when the run closes its socket', async () => {
  const it = await scene()
  const one = await reader(it.path)
  const ended = once(one.socket, 'end')
  const closed = it.server.close()
  await ended
  one.socket.end()
  await closed
})

/** What a follower is told by the bell of the socket at `path`, in order. */
function heardAt(path: string) {
  const heard: string[] = []
  const waiting = new Set<() => void>()
  const note = (what: string) => () => {
    heard.push(what)
    for (const look of [...waiting]) look()
  }
  const stop = wakes(path).listen({ works: note('works'), rings: note('rings'), lost: note('lost') })
  onTestFinished(stop)
  const until = (count: number) =>
    new Promise<void>((resolve) => {
      const look = () => heard.length >= count && resolve()
      waiting.add(look)
      look()
    })
  return { heard, until, stop }
}

test('a bell works, rings, and is lost when the run closes', async () => {
  const it = await scene()
  const bell = heardAt(it.path)
  await bell.until(1)
  it.write(1)
  await bell.until(2)
  await it.server.close()
  await bell.until(3)
  expect(bell.heard).toEqual(['works', 'rings', 'lost'])
})

test('a bell that was stopped says nothing more', async () => {
  const it = await scene()
  const bell = heardAt(it.path)
  await bell.until(1)
  bell.stop()
  it.write(1)
  await it.server.close()
  expect(bell.heard).toEqual(['works'])
})

test('a bell never works where nobody listens, where nobody answers, and where the command is not known', async () => {
  const folder = await tempFolder()
  const [mute, older] = [join(folder, 'mute.sock'), join(folder, 'older.sock')]
  const taken: Socket[] = []
  const servers = [
    createServer((socket) => void taken.push(socket)).listen(mute),
    createServer((socket) => void socket.once('data', () => socket.write('{"error":"unknown cmd \'wake\'","code":"ERR_UNKNOWN_CMD"}\n'))),
  ]
  onTestFinished(() => {
    for (const socket of taken) socket.destroy()
    for (const server of servers) server.close()
  })
  servers[1]?.listen(older)
  const bells = [heardAt(join(folder, 'none.sock')), heardAt(mute), heardAt(older)]
  const hungUp = once(servers[1] as ReturnType<typeof createServer>, 'connection').then(([socket]) => once(socket as Socket, 'close'))
  await hungUp
  expect(bells.map(({ heard }) => heard)).toEqual([[], [], []])
  expect(taken).toHaveLength(1)
})
