/** send, call and stop against a live run: a real control socket and registry, with a run behind it that only listens. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { RamureError } from '../../src/log/error.ts'
import type { Json, JsonObject } from '../../src/log/events.ts'
import { startControl } from '../../src/wire/control.ts'
import type { ControlHost } from '../../src/wire/host.ts'
import { register } from '../../src/wire/registry.ts'
import { reviewLog } from '../projections/review-log.ts'
import { type Home, makeHome, ramure, record } from './home.ts'

const RUN = 'quiet-heron-33333333'
const ENDPOINTS = [
  {
    name: 'echo',
    description: 'Says it again.',
    parameters: { type: 'object', properties: { text: { type: 'string' }, times: { type: 'integer' } }, required: ['text'] },
  },
  { name: 'fails', description: '', parameters: { type: 'object' } },
]

/** Tells what it was asked, and answers like a run with `agents` and one endpoint `echo`. */
async function liveRun(home: Home, run = RUN, agents: readonly string[] = ['builder', 'reviewer']): Promise<{ asked: Json[] }> {
  const asked: Json[] = []
  const host: ControlHost = {
    status: () => ({ execution_id: run, agents: agents.map((name) => ({ name })), connections: [] }),
    agent: (name) => (agents.includes(name) ? { name } : null),
    send: async (agent, text, caller) => {
      asked.push({ agent, text, caller })
      return 'delivered'
    },
    endpoints: () => ENDPOINTS,
    call: async (endpoint, kwargs, caller) => {
      asked.push({ endpoint, kwargs, caller })
      if (endpoint === 'fails') throw new RamureError('ERR_CALL_FAILED', 'echo is out of order')
      return { heard: kwargs } as JsonObject
    },
    stop: (caller, reason) => void asked.push({ stop: caller, reason: reason ?? null }),
    async *follow() {},
    writtenSeq: () => 0,
    onWritten: () => () => {},
  }
  const runtimes = join(home.root, 'runtimes')
  mkdirSync(runtimes, { mode: 0o700, recursive: true })
  const socket = join(runtimes, `${run}.sock`)
  const server = await startControl(host, socket)
  onTestFinished(async () => void (await server[Symbol.asyncDispose]()))
  await register(runtimes, run, {
    pid: process.pid,
    server_url: null,
    program: '/work/review.ts',
    started_at: new Date().toISOString(),
    socket,
  })
  return { asked }
}

describe('ramure send', () => {
  it('sends a message and says so', async () => {
    const home = makeHome()
    const { asked } = await liveRun(home)
    expect(await ramure(home, ['send', 'builder', 'use', 'the other parser'])).toEqual({
      exit: 0,
      stdout: 'Sent to builder.\n',
      stderr: `${RUN}: the only live run\n`,
    })
    expect(JSON.parse((await ramure(home, ['send', 'reviewer', 'hi', '--id', 'quiet', '--as', 'ci', '--json'])).stdout).data).toEqual({
      run: RUN,
      agent: 'reviewer',
      verdict: 'delivered',
    })
    expect(asked).toEqual([
      { agent: 'builder', text: 'use the other parser', caller: 'external:cli' },
      { agent: 'reviewer', text: 'hi', caller: 'external:ci' },
    ])
  })

  it('needs no name when there is one agent, and asks when there are several', async () => {
    const [one, two] = [makeHome(), makeHome()]
    const { asked } = await liveRun(one, RUN, ['solo'])
    await liveRun(two)
    expect((await ramure(one, ['send', 'go on'])).stdout).toBe('Sent to solo.\n')
    expect(asked).toMatchObject([{ agent: 'solo', text: 'go on' }])
    expect(await ramure(two, ['send', 'go on'])).toMatchObject({
      exit: 3,
      stdout: '',
      stderr: expect.stringContaining('Which agent of quiet-heron-33333333?   ERR_AGENT_AMBIGUOUS · exit 3\n  builder\n  reviewer\n'),
    })
  })

  it('knows which agent was meant', async () => {
    const home = makeHome()
    await liveRun(home)
    expect(await ramure(home, ['send', 'bilder', 'x'])).toMatchObject({ exit: 3, stderr: expect.stringContaining('did you mean  builder') })
  })

  it('says that a text is missing, before it asks anybody', async () => {
    const home = makeHome()
    const { asked } = await liveRun(home)
    for (const words of [['builder', ''], ['builder', ' ', ' '], ['builder'], ['']]) {
      expect(await ramure(home, ['send', ...words])).toMatchObject({
        exit: 2,
        stdout: '',
        stderr: expect.stringMatching(
          /There is nothing to send to builder: the text is empty\..*ERR_MISSING_TEXT · exit 2\n {2}for example {2}ramure send builder/,
        ),
      })
    }
    expect(asked).toEqual([])
  })

  it('tells a run that is over from one that never was, and none from several', async () => {
    const home = makeHome()
    expect(await ramure(home, ['send', 'a', 'x'])).toMatchObject({ exit: 3, stderr: expect.stringContaining('No run is live') })
    await record(home, 'brisk-otter-4q7m2xk9', reviewLog())
    await liveRun(home)
    await liveRun(home, 'quiet-hare-44444444')
    expect(await ramure(home, ['send', 'a', 'x', '--id', 'brisk'])).toMatchObject({
      exit: 3,
      stderr: expect.stringContaining('ERR_RUN_NOT_LIVE'),
    })
    expect(await ramure(home, ['send', 'a', 'x', '--id', 'bisk-otter'])).toMatchObject({
      exit: 3,
      stderr: expect.stringContaining('ERR_RUN_NOT_FOUND'),
    })
    expect(await ramure(home, ['send', 'a', 'x'])).toMatchObject({
      exit: 3,
      stderr: expect.stringContaining('Several runs are live:   ERR_RUN_AMBIGUOUS'),
    })
    expect(await ramure(home, ['send', 'builder', 'x', '-i', 'quiet-he'])).toMatchObject({ exit: 0 })
  })
})

describe('ramure call', () => {
  it('takes JSON where it is JSON and text where it is not', async () => {
    const home = makeHome()
    const { asked } = await liveRun(home)
    const said = await ramure(home, [
      'call',
      'echo',
      'n=2',
      'text=two words',
      'list=[1,"a"]',
      'url=a=b',
      'empty=',
      '--args',
      '{"n":1,"deep":{"x":null}}',
      '--as',
      'ci',
    ])
    const kwargs = { n: 2, text: 'two words', list: [1, 'a'], url: 'a=b', empty: '', deep: { x: null } }
    expect(asked).toEqual([{ endpoint: 'echo', kwargs, caller: 'external:ci' }])
    expect([said.exit, JSON.parse(said.stdout)]).toEqual([0, { heard: kwargs }])
    expect(JSON.parse((await ramure(home, ['call', 'echo', '--json'])).stdout)).toEqual({
      v: 1,
      ok: true,
      data: { run: RUN, endpoint: 'echo', result: { heard: {} } },
    })
  })

  it.for([[['novalue']], [['=x']], [['--args', '[1]']], [['--args', 'nonsense']], [['--as', 'a b']], [['--timeout', 'soon']]] as const)(
    'refuses %j before it asks anybody',
    async ([args]) => {
      const home = makeHome()
      const { asked } = await liveRun(home)
      expect(await ramure(home, ['call', 'echo', ...args])).toMatchObject({
        exit: 2,
        stdout: '',
        stderr: expect.stringContaining('ERR_USAGE'),
      })
      expect(asked).toEqual([])
    },
  )

  it('without a name lists what can be called, and with what', async () => {
    const home = makeHome()
    await liveRun(home)
    expect((await ramure(home, ['call'])).stdout).toBe('echo(text: string, times?: integer)   Says it again.\nfails()\n')
    expect(JSON.parse((await ramure(home, ['call', '--json'])).stdout).data.endpoints).toHaveLength(2)
  })

  it('names an endpoint that is not there, and passes on why a call failed', async () => {
    const home = makeHome()
    await liveRun(home)
    expect(await ramure(home, ['call', 'ecoh'])).toMatchObject({
      exit: 3,
      stderr: expect.stringMatching(/"ecoh"\. {3}ERR_ENDPOINT_NOT_FOUND · exit 3\n {2}did you mean {2}echo/),
    })
    expect(await ramure(home, ['call', 'fails'])).toMatchObject({
      exit: 5,
      stderr: expect.stringContaining('echo is out of order   ERR_CALL_FAILED'),
    })
  })
})

describe('ramure stop', () => {
  it('asks the run, with a reason', async () => {
    const home = makeHome()
    const { asked } = await liveRun(home)
    expect(await ramure(home, ['stop', 'quiet', '--reason', 'wrong branch'])).toMatchObject({
      exit: 0,
      stdout: expect.stringContaining(`Asked ${RUN} to stop.`),
    })
    expect(asked).toEqual([{ stop: 'external:cli', reason: 'wrong branch' }])
  })

  it('signals the process of a run that hangs up, and only that process', async () => {
    const home = makeHome()
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000); console.log("up")'], { stdio: ['ignore', 'pipe', 'ignore'] })
    onTestFinished(() => void child.kill('SIGKILL'))
    await once(child.stdout, 'data')
    const exited = once(child, 'exit')
    const socket = await deafRun(home, RUN)
    const runtimes = join(home.root, 'runtimes')
    // A record that is much older than the process: the pid has been given to somebody else.
    await register(runtimes, RUN, {
      pid: child.pid as number,
      server_url: null,
      program: null,
      started_at: '2020-01-01T00:00:00.000Z',
      socket,
    })
    expect(await ramure(home, ['stop'])).toMatchObject({ exit: 1, stderr: expect.stringContaining('ERR_STOP_FAILED') })
    expect(child.exitCode ?? child.signalCode).toBeNull()
    await register(runtimes, RUN, {
      pid: child.pid as number,
      server_url: null,
      program: null,
      started_at: new Date().toISOString(),
      socket,
    })
    // Its log is not in this home, which is no reason to leave it running.
    expect(JSON.parse((await ramure(home, ['stop', '--json'])).stdout).data).toEqual({ run: RUN, how: 'signalled', pid: child.pid })
    expect((await exited)[1]).toBe('SIGTERM')
  })
})

/** A socket that takes connections and hangs up on every word. */
async function deafRun(home: Home, run: string): Promise<string> {
  const runtimes = join(home.root, 'runtimes')
  mkdirSync(runtimes, { mode: 0o700, recursive: true })
  const socket = join(runtimes, `${run}.sock`)
  const server = createServer((connection) => connection.once('data', () => connection.destroy()).on('error', () => {}))
  server.listen(socket)
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return socket
}
