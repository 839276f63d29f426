import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import type { Server } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { writeAgentFile } from '../../src/wire/agent-file.ts'
import { liveRuns, register, socketPath } from '../../src/wire/registry.ts'
import { RUN } from './host.ts'
import { tempFolder } from './temp.ts'

const OTHER = 'calm-heron-00000000'

async function listenAt(path: string): Promise<Server> {
  const server = createServer((socket) => void socket.on('error', () => {})).listen(path)
  await once(server, 'listening')
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())))
  return server
}

/** A socket file that nobody listens on, and the pid of the process that died with it. */
async function deadSocket(path: string): Promise<number> {
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.stdout.write('up'))`
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  child.kill('SIGKILL')
  await once(child, 'exit')
  return child.pid!
}

const record = (socket: string, rest: object = {}) => ({
  pid: process.pid,
  server_url: 'ws://127.0.0.1:1',
  program: 'review.ts',
  started_at: '2026-11-21T09:41:07.123Z',
  socket,
  ...rest,
})

describe('a registered run', () => {
  test('is live while its socket takes connections', async () => {
    const runtimes = await tempFolder()
    const socket = await socketPath(runtimes, RUN)
    await listenAt(socket)
    await register(runtimes, RUN, record(socket))
    expect(await liveRuns(runtimes)).toEqual({ live: [{ run: RUN, ...record(socket) }], stale: [] })
    expect((await stat(join(runtimes, `${RUN}.json`))).mode & 0o777).toBe(0o600)
  })

  test('is gone once it is released', async () => {
    const runtimes = await tempFolder()
    const registration = await register(runtimes, RUN, record(await socketPath(runtimes, RUN)))
    await writeAgentFile(runtimes, { server_url: '', execution_id: RUN, agent: 'a', token: 't' })
    await registration.release()
    await registration.release()
    expect(await readdir(runtimes)).toEqual([])
  })

  test("that was killed is cleaned away with its socket and its agents' secrets, and named", async () => {
    const runtimes = await tempFolder()
    const socket = await socketPath(runtimes, RUN)
    const pid = await deadSocket(socket)
    await register(runtimes, RUN, record(socket, { pid, started_at: new Date().toISOString() }))
    await writeAgentFile(runtimes, { server_url: '', execution_id: RUN, agent: 'a', token: 't' })
    expect(existsSync(socket)).toBe(true)
    expect(await liveRuns(runtimes)).toEqual({ live: [], stale: [RUN] })
    expect(await readdir(runtimes)).toEqual([])
    expect(await liveRuns(runtimes)).toEqual({ live: [], stale: [] })
  })

  test('whose process is alive but does not listen yet is left alone', async () => {
    const runtimes = await tempFolder()
    const socket = await socketPath(runtimes, RUN)
    await deadSocket(socket)
    await register(runtimes, RUN, record(socket, { started_at: new Date().toISOString() }))
    expect(await liveRuns(runtimes)).toEqual({ live: [], stale: [] })
    expect(existsSync(socket)).toBe(true)
  })

  test.runIf(process.platform === 'linux')('whose number belongs to a younger process is dead', async () => {
    const runtimes = await tempFolder()
    const socket = await socketPath(runtimes, RUN)
    await deadSocket(socket)
    await register(runtimes, RUN, record(socket, { started_at: '2020-01-01T00:00:00.000Z' }))
    expect((await liveRuns(runtimes)).stale).toEqual([RUN])
  })

  test('whose record names a file that is no socket does not get it removed', async () => {
    const runtimes = await tempFolder()
    const precious = join(runtimes, 'precious')
    await writeFile(precious, 'x')
    await register(runtimes, RUN, record(precious, { pid: 2 ** 30, started_at: '2020-01-01T00:00:00.000Z' }))
    expect((await liveRuns(runtimes)).stale).toEqual([RUN])
    expect(await readFile(precious, 'utf8')).toBe('x')
  })
})

describe('the folder of runtimes', () => {
  test('may be missing', async () => {
    expect(await liveRuns(join(await tempFolder(), 'none'))).toEqual({ live: [], stale: [] })
  })

  test('lists live runs oldest first and ignores what is none', async () => {
    const runtimes = await tempFolder()
    for (const [run, started_at] of [
      [RUN, '2026-11-21T10:00:00.000Z'],
      [OTHER, '2026-11-21T09:00:00.000Z'],
    ] as const) {
      const socket = await socketPath(runtimes, run)
      await listenAt(socket)
      await register(runtimes, run, record(socket, { started_at }))
    }
    await writeFile(join(runtimes, 'notes.json'), 'mine')
    await mkdir(join(runtimes, 'dir.json'))
    expect((await liveRuns(runtimes)).live.map(({ run }) => run)).toEqual([OTHER, RUN])
    expect(existsSync(join(runtimes, 'notes.json'))).toBe(true)
  })

  test('is rid of a record that nobody can read', async () => {
    const runtimes = await tempFolder()
    await writeFile(join(runtimes, `${RUN}.json`), '{"pid":')
    await writeFile(join(runtimes, `${OTHER}.json`), '{"pid":"1"}')
    expect((await liveRuns(runtimes)).stale).toEqual([RUN, OTHER].toSorted())
  })

  test('is rid of an old socket without a record, but not of a new one: its run may be starting', async () => {
    const runtimes = await tempFolder()
    const [old, fresh] = [join(runtimes, `${RUN}.sock`), join(runtimes, `${OTHER}.sock`)]
    await deadSocket(old)
    await deadSocket(fresh)
    await utimes(old, new Date(0), new Date(0))
    expect((await liveRuns(runtimes)).stale).toEqual([RUN])
    expect(existsSync(fresh)).toBe(true)
  })
})

describe('the path of a socket', () => {
  test('that is too long to bind to moves to a short folder that only its user can enter', async () => {
    const folder = await tempFolder()
    const short = join(folder, 's')
    const runtimes = join(folder, 'x'.repeat(100))
    const path = await socketPath(runtimes, RUN, short)
    expect(path).toBe(join(short, `${RUN}.sock`))
    expect((await stat(short)).mode & 0o777).toBe(0o700)
    await listenAt(path)
    await register(runtimes, RUN, record(path))
    expect((await liveRuns(runtimes)).live.map(({ socket }) => socket)).toEqual([path])
  })

  test('of exactly 107 bytes stays where it belongs', async () => {
    const folder = await tempFolder()
    const runtimes = join(folder, 'x'.repeat(107 - folder.length - `//${RUN}.sock`.length))
    const path = await socketPath(runtimes, RUN)
    expect(path).toHaveLength(107)
    expect(path.startsWith(runtimes)).toBe(true)
    await listenAt(path)
  })

  test('does not follow a link that somebody planted as the short folder', async () => {
    const folder = await tempFolder()
    await mkdir(join(folder, 'trap'))
    await symlink(join(folder, 'trap'), join(folder, 's'))
    await expect(socketPath(join(folder, 'x'.repeat(100)), RUN, join(folder, 's'))).rejects.toMatchObject({ code: 'ERR_UNSAFE_FOLDER' })
  })

  test.each(['../../x', 'a;b', '', '__proto__'])('is not made of the run %j', async (run) => {
    await expect(socketPath(await tempFolder(), run)).rejects.toMatchObject({ code: 'ERR_BAD_NAME' })
  })
})
