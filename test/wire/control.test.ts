import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { stat, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Entry, Json, JsonObject } from '../../src/log/events.ts'
import { startControl } from '../../src/wire/control.ts'
import { control } from '../../src/wire/control-client.ts'
import type { ControlHost } from '../../src/wire/host.ts'
import { readAll } from './client.ts'
import { dialed, exchange, scene } from './control-scene.ts'
import { tempFolder } from './temp.ts'

describe('a command', () => {
  test.each<[string, JsonObject]>([
    ['{"cmd":"status"}', { execution_id: 'r', agents: [] }],
    ['{"cmd":"agent","name":"alice"}', { name: 'alice', state: 'idle' }],
    ['{"cmd":"agent","name":"carol"}', { error: "unknown agent 'carol'", code: 'ERR_UNKNOWN_AGENT' }],
    ['{"cmd":"agent","name":"__proto__"}', { error: "unknown agent '__proto__'", code: 'ERR_UNKNOWN_AGENT' }],
    ['{"cmd":"send","agent":"alice","text":"hi"}', { ok: true, verdict: 'delivered' }],
    ['{"cmd":"send","agent":"carol","text":"hi"}', { error: "unknown agent 'carol'", code: 'ERR_UNKNOWN_AGENT' }],
    ['{"cmd":"send","agent":"alice"}', { error: 'missing text', code: 'ERR_MISSING_TEXT' }],
    ['{"cmd":"send","agent":"alice","text":7}', { error: 'missing text', code: 'ERR_MISSING_TEXT' }],
    ['{"cmd":"call","endpoint":"add","kwargs":{"a":1}}', { ok: true, result: { sum: 3 } }],
    ['{"cmd":"call","endpoint":"add"}', { ok: true, result: { sum: 3 } }],
    ['{"cmd":"call","endpoint":"nope","kwargs":{}}', { error: "unknown endpoint 'nope'", code: 'ERR_UNKNOWN_ENDPOINT' }],
    ['{"cmd":"call","endpoint":"add","kwargs":[1]}', { error: 'kwargs must be an object', code: 'ERR_BAD_KWARGS' }],
    ['{"cmd":"call","endpoint":"add","kwargs":null}', { error: 'kwargs must be an object', code: 'ERR_BAD_KWARGS' }],
    ['{"cmd":"call","endpoint":"broken"}', { error: 'It is broken.', code: 'ERR_SOMETHING', hint: 'Mend it.' }],
    ['{"cmd":"stop","reason":"enough"}', { ok: true }],
    ['{"cmd":"dance"}', { error: "unknown cmd 'dance'", code: 'ERR_UNKNOWN_CMD' }],
    ['{"cmd":"toString"}', { error: "unknown cmd 'toString'", code: 'ERR_UNKNOWN_CMD' }],
    ['{}', { error: "unknown cmd ''", code: 'ERR_UNKNOWN_CMD' }],
    ['{"cmd":"follow","after":-1}', { error: 'after must be a whole number from 0 up', code: 'ERR_BAD_FOLLOW' }],
    ['nonsense', { error: 'invalid json', code: 'ERR_INVALID_JSON' }],
    ['[1]', { error: 'invalid json', code: 'ERR_INVALID_JSON' }],
    [`{"cmd":"status","x":${'['.repeat(100_000)}`, { error: 'invalid json', code: 'ERR_INVALID_JSON' }],
    ['\u0000\u0001', { error: 'invalid json', code: 'ERR_INVALID_JSON' }],
  ])('%.60s is answered', async (line, answer) => {
    const { path } = await scene()
    expect(await exchange(path, `${line}\n`)).toEqual([answer])
  })

  test('lists the endpoints with their definitions', async () => {
    const { path } = await scene()
    const [answer] = await exchange(path, '{"cmd":"endpoints"}\n')
    expect(answer).toMatchObject({ endpoints: [{ name: 'add', parameters: { type: 'object' } }, { name: 'slow' }, { name: 'broken' }] })
  })

  test('says who asks, or that it came from outside', async () => {
    const { path, heard } = await scene()
    await exchange(
      path,
      '{"cmd":"stop"}\n{"cmd":"stop","caller":"external:ann","reason":"x"}\n{"cmd":"call","endpoint":"add","kwargs":{"a":1},"caller":"external:bo"}',
    )
    expect(heard).toEqual([
      ['stop', 'external:cli', undefined],
      ['stop', 'external:ann', 'x'],
      ['call', 'add', { a: 1 }, 'external:bo'],
    ])
  })

  test('may be one of many on a connection, in any chunks; they are answered in order', async () => {
    const { path } = await scene()
    const socket = await dialed(path)
    const all = readAll(socket)
    for (const byte of '{"cmd":"agent","name":"ü"}\n\n{"cmd":"status"}\nx\n{"cmd":"stop"}') socket.write(byte)
    socket.end()
    expect((await all).split('\n')).toEqual([
      '{"error":"unknown agent \'ü\'","code":"ERR_UNKNOWN_AGENT"}',
      '{"execution_id":"r","agents":[]}',
      '{"error":"invalid json","code":"ERR_INVALID_JSON"}',
      '{"ok":true}',
      '',
    ])
  })

  test('that takes long does not hold up other connections', async () => {
    const it = await scene()
    const slow = exchange(it.path, '{"cmd":"call","endpoint":"slow"}\n')
    await it.until(() => it.heard.length > 0)
    expect(await exchange(it.path, '{"cmd":"status"}\n')).toHaveLength(1)
    it.release('at last')
    expect(await slow).toEqual([{ ok: true, result: 'at last' }])
  })
})

describe('the socket', () => {
  test("is this user's alone and is removed on close", async () => {
    const { path, server } = await scene()
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    await Promise.all([server.close(), server.close()])
    expect(existsSync(path)).toBe(false)
  })

  test('replaces a stale one, never a live one or a file', async () => {
    const first = await scene()
    await expect(startControl({} as ControlHost, first.path)).rejects.toMatchObject({ code: 'ERR_CONTROL_IN_USE' })
    const folder = await tempFolder()
    await writeFile(join(folder, 'file'), 'precious')
    await expect(startControl({} as ControlHost, join(folder, 'file'))).rejects.toMatchObject({ code: 'ERR_CONTROL_IN_USE' })
    expect(existsSync(join(folder, 'file'))).toBe(true)
  })

  test('left by a process that was killed is taken over', async () => {
    const path = join(await tempFolder(), 'run.sock')
    const child = spawn(
      process.execPath,
      ['-e', `require('net').createServer().listen(${JSON.stringify(path)}, () => process.stdout.write('up'))`],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(existsSync(path)).toBe(true)
    const server = await startControl({ status: () => ({ fresh: true }) } as unknown as ControlHost, path)
    expect(await exchange(path, '{"cmd":"status"}\n')).toEqual([{ fresh: true }])
    await server.close()
  })

  test('answers a line that is too long with an error, keeps nothing of it, and goes on for others', async () => {
    const { path } = await scene({ lineBytesMax: 1_000 })
    expect(await exchange(path, `{"cmd":"status"}\n${' '.repeat(5_000_000)}`)).toEqual([
      { execution_id: 'r', agents: [] },
      { error: 'line too long', code: 'ERR_LINE_TOO_LONG' },
    ])
    expect(await exchange(path, `{"cmd":"status","x":"${'x'.repeat(970)}"}\n`)).toHaveLength(1)
  })

  test('hangs up on a client that trickles a line or never begins one, not on one that waits between lines', async () => {
    const { path } = await scene({ lineMs: 700 })
    const [patient, silent, trickling] = await Promise.all([dialed(path), dialed(path), dialed(path)])
    patient.write('{"cmd":"status"}\n')
    await once(patient, 'data')
    trickling.on('error', () => {})
    const trickle = setInterval(() => trickling.write(' '), 20)
    onTestFinished(() => clearInterval(trickle))
    await Promise.all([readAll(silent), readAll(trickling)])
    patient.write('{"cmd":"status"}\n')
    expect(String((await once(patient, 'data'))[0])).toContain('execution_id')
  })

  test('does not answer a client that does not read more than the buffers hold', async () => {
    const it = await scene()
    const socket = await dialed(it.path)
    socket.pause()
    const line = '{"cmd":"call","endpoint":"add","kwargs":{}}\n'
    const flood = line.repeat(100_000)
    socket.write(flood)
    await exchange(it.path, '{"cmd":"status"}\n')
    expect(it.heard.length).toBeLessThan(100_000)
    let lines = 0
    socket.on('data', (chunk: Buffer) => (lines += chunk.toString().split('\n').length - 1))
    socket.resume().end()
    await once(socket, 'close')
    expect(lines).toBe(100_000)
  })
})

describe('following', () => {
  test('sends what is written and what will be, until the client closes', async () => {
    const it = await scene({ entries: 3 })
    const client = control(it.path)
    const stop = new AbortController()
    const seqs: Json[] = []
    for await (const entry of client.follow(1, stop.signal)) {
      seqs.push(entry.seq!)
      if (seqs.length === 2) it.say({ type: 'shutdown', data: {} })
      if (seqs.length === 3) stop.abort()
    }
    expect(seqs).toEqual([2, 3, 4])
    await it.until(() => it.followers() === 0)
  })

  test('stops when its reader has had enough', async () => {
    const it = await scene({ entries: 3 })
    for await (const _entry of control(it.path).follow(0)) break
    await it.until(() => it.followers() === 0)
  })

  test('can be narrowed to agents and types', async () => {
    const it = await scene()
    it.say({ type: 'message', agent: 'alice' } as Partial<Entry>)
    it.say({ type: 'message', agent: 'bob' } as Partial<Entry>)
    it.say({ type: 'shutdown', agent: 'bob' } as Partial<Entry>)
    for await (const entry of control(it.path).follow(0, undefined, { agents: ['bob'], types: ['shutdown'] })) {
      expect(entry.seq).toBe(3)
      break
    }
  })

  test('ends when the run ends', async () => {
    const it = await scene({ entries: 1 })
    const seqs: Json[] = []
    for await (const entry of control(it.path).follow(0)) {
      seqs.push(entry.seq!)
      void it.server.close()
    }
    expect(seqs).toEqual([1])
    await it.until(() => it.followers() === 0)
  })

  test('waits for a reader that is slow, and loses nothing', async () => {
    const it = await scene({ entries: 20_000 })
    let count = 0
    for await (const entry of control(it.path).follow(0)) {
      count += 1
      expect(entry.seq).toBe(count)
      if (count % 5_000 === 0) await new Promise((resolve) => setImmediate(resolve))
      if (count === 20_000) break
    }
  })

  test('keeps nothing for a reader that does not read, and goes on where it was once it does', async () => {
    const it = await scene({ entries: 5_000 })
    const socket = connect(it.path)
    onTestFinished(() => void socket.destroy())
    socket.pause().write('{"cmd":"follow","after":0}\n')
    await it.until(() => it.followers() === 1)
    // The live stream is left: what is said now waits in the log.
    await it.until(() => it.followers() === 0)
    it.say({ type: 'shutdown' })
    let text = ''
    for await (const chunk of socket.setEncoding('utf8')) {
      text += String(chunk)
      if (text.includes('"seq":5001')) break
    }
    const lines = text.split('\n').flatMap((line) => (line.endsWith('}') ? [JSON.parse(line) as JsonObject] : []))
    const seqs = lines.flatMap(({ seq }) => seq ?? [])
    expect(seqs).toEqual(Array.from({ length: 5_001 }, (_, index) => index + 1))
    // Only what was written since it came was missed: the rest is history.
    expect(lines.filter(({ lagged }) => lagged)).toEqual([{ lagged: { from: 5_001, to: 5_001 } }])
  })

  test('says to a reader that did not read what it missed, once, before it gets it', async () => {
    const it = await scene()
    const socket = connect(it.path)
    onTestFinished(() => void socket.destroy())
    socket.pause().write('{"cmd":"follow","after":0}\n')
    await it.until(() => it.followers() === 1)
    for (let n = 1; n <= 5_000; n += 1) it.say({ type: 'warning', data: { code: 'W', message: 'x'.repeat(1_000) } })
    await it.until(() => it.followers() === 0)
    let text = ''
    for await (const chunk of socket.setEncoding('utf8')) {
      text += String(chunk)
      if (text.includes('"seq":5000,')) break
    }
    const lines = text
      .split('\n')
      .flatMap((line) => (line.endsWith('}') ? [JSON.parse(line) as { seq?: number; lagged?: JsonObject }] : []))
    const at = lines.findIndex(({ lagged }) => lagged !== undefined)
    expect(lines[at]).toEqual({ lagged: { from: (lines[at - 1]?.seq ?? 0) + 1, to: 5_000 } })
    expect(lines.filter(({ lagged }) => lagged)).toHaveLength(1)
    expect(lines.flatMap(({ seq }) => seq ?? [])).toEqual(Array.from({ length: 5_000 }, (_, index) => index + 1))
  })
})

describe('the client', () => {
  test('asks several things over one connection', async () => {
    const it = await scene()
    const client = control(it.path)
    const [status, agent] = await Promise.all([client.request({ cmd: 'status' }), client.request({ cmd: 'agent', name: 'alice' })])
    expect([status, agent]).toMatchObject([{ execution_id: 'r' }, { name: 'alice' }])
    client.close()
  })

  test('rejects with what the run refused', async () => {
    const client = control((await scene()).path)
    await expect(client.request({ cmd: 'agent', name: 'x' })).rejects.toMatchObject({
      code: 'ERR_UNKNOWN_AGENT',
      message: "unknown agent 'x'",
    })
    await expect(client.request({ cmd: 'call', endpoint: 'broken' })).rejects.toMatchObject({ code: 'ERR_SOMETHING', hint: 'Mend it.' })
    client.close()
  })

  test('rejects when nobody listens', async () => {
    const path = join(await tempFolder(), 'none.sock')
    await expect(control(path).request({ cmd: 'status' })).rejects.toMatchObject({ code: 'ERR_RUN_NOT_LIVE' })
    await expect(control(path).follow(0)[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'ERR_RUN_NOT_LIVE' })
  })

  test('rejects when the run hangs up or does not answer in time', async () => {
    const path = join(await tempFolder(), 'mute.sock')
    const mute = createServer(
      (socket) => void socket.on('error', () => {}).on('data', (data) => data.includes('hang up') && socket.destroy()),
    ).listen(path)
    await once(mute, 'listening')
    onTestFinished(() => void mute.close())
    await expect(control(path).request({ cmd: 'x' }, { timeoutMs: 20 })).rejects.toMatchObject({ code: 'ERR_CONTROL_TIMEOUT' })
    await expect(control(path).request({ cmd: 'hang up' })).rejects.toMatchObject({ code: 'ERR_RUN_NOT_LIVE' })
  })

  test('connects again after a connection was lost', async () => {
    const it = await scene()
    const client = control(it.path)
    await client.request({ cmd: 'status' })
    client.close()
    expect(await client.request({ cmd: 'status' })).toMatchObject({ execution_id: 'r' })
    client.close()
  })
})
