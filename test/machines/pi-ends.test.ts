import { access, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LaunchSpec } from '../../src/machines/driver.ts'
import { piDriver } from '../../src/machines/pi.ts'
import { BARE, isType, openPlace, type Place, says } from './pi-fixture.ts'

/** How a pi ends, and that nothing of it stays. */
let place: Place
beforeAll(async () => void (place = await openPlace()))
afterAll(() => place[Symbol.asyncDispose]())

test('a pi that is killed while its command runs is noticed at once, and stop() leaves no orphan', async () => {
  const { host } = place
  const agent = await place.start('killed')
  // The second command leaves its process group and its session: only its environment gives it away.
  host.message('killed', 'call bash {"command":"setsid sleep 4321 & echo $$ > shell; sleep 4321"}')
  await host.wait('killed', isType('pi_tool_start'))
  await until(async () => (await processesOf('killed')).length >= 3)

  const killedAt = performance.now()
  process.kill(agent.pid ?? 0, 'SIGKILL')
  expect(await agent.exited).toMatchObject({ code: null, signal: 'SIGKILL' })
  expect(performance.now() - killedAt).toBeLessThan(1000)
  expect((await processesOf('killed')).length).toBeGreaterThan(0)

  await agent.stop()
  expect(await processesOf('killed')).toEqual([])
  expect(await place.tmux.status(`ramure-${host.run}-killed`)).toBeNull()
})

test('an agent that hangs in a call of the model or of a tool leaves when it is told to', async () => {
  const { host } = place
  host.add('in-model')
  host.add('in-tool')
  host.tool('in-tool', { name: 'wait' }, () => new Promise(() => {}))
  const agents = await Promise.all(['in-model', 'in-tool'].map((name) => place.start(name)))
  host.message('in-model', 'hang')
  host.message('in-tool', 'call wait')
  await Promise.all([host.wait('in-model', isType('turn_start')), host.wait('in-tool', isType('tool_call'))])

  for (const name of ['in-model', 'in-tool']) host.publish(name, 'shutdown', {})
  const startedAt = performance.now()
  const exits = await Promise.all(agents.map((agent) => agent.stop()))
  expect(performance.now() - startedAt).toBeLessThan(1500)
  expect(exits).toMatchObject([{ code: 0 }, { code: 0 }])
  expect(await agents[0]?.stop()).toBe(exits[0])
})

test('an agent that is frozen, one that nobody told and one that will not go are gone within their deadlines', async () => {
  const stopDeadlines = { shutdownMs: 200, hangupMs: 300, killMs: 1000 }
  const stubborn = join(place.root, 'stubborn.js')
  await writeFile(stubborn, STUBBORN)
  const { host } = place
  const driver = place.driverWith({ stopDeadlines })
  const agents = []
  for (const name of ['frozen', 'deaf']) {
    agents.push(await driver.launch(await place.spec(name)))
    await host.wait(name, isType('registered'))
  }
  const spec = await place.spec('stubborn')
  agents.push(await place.driverWith({ stopDeadlines, pi: stubborn }).launch(spec))
  await until(async () => !(await exists(spec.link.agentFile)))
  process.kill(agents[0]?.pid ?? 0, 'SIGSTOP')

  const startedAt = performance.now()
  const [frozen, deaf, last] = await Promise.all(agents.map((agent) => agent.stop()))
  expect(performance.now() - startedAt).toBeLessThan(200 + 300 + 1000 + 500)
  // The end of a terminal wakes what is frozen, and lets pi say goodbye.
  for (const exit of [frozen, deaf])
    expect([exit?.code, exit?.signal]).toBeOneOf([
      [0, null],
      [129, null],
      [null, 'SIGHUP'],
      [null, 'SIGKILL'],
    ])
  expect(last).toEqual({ code: null, signal: 'SIGKILL', lastWords: 'I stay.' })
  for (const name of ['frozen', 'deaf', 'stubborn']) expect(await processesOf(name)).toEqual([])
})

/** Whoever runs the tests may have some. */
const NO_KEYS = Object.fromEntries(
  Object.keys(process.env)
    .filter((name) => name.endsWith('_API_KEY'))
    .map((name) => [name, '']),
)

/** A pi that takes its agent file and then ignores every signal that can be ignored. */
const STUBBORN = `
if (process.argv.includes('--version')) console.log('1.5.2')
else {
  for (const signal of ['SIGHUP', 'SIGTERM', 'SIGINT']) process.on(signal, () => {})
  console.error('I stay.')
  require('fs').unlinkSync(process.env.RAMURE_AGENT_FILE)
  setInterval(() => {}, 1000)
}`

test('a pi that cannot start says why within a second or so', async () => {
  const broken = join(place.root, 'broken.js')
  await writeFile(broken, 'export default () => { throw new Error("the extension is broken") }')
  const bad = [
    [place.driverWith({ extensionFile: broken }), {}, 'the extension is broken'],
    [place.driverWith({ extensionFile: join(place.root, 'missing.js') }), {}, 'missing.js'],
    [place.driverWith({ extraArgs: ['--no-such-option'] }), {}, '--no-such-option'],
    [place.driver, { model: 'nobody/nothing' }, 'nobody'],
    [piDriver({ env: { PI_CODING_AGENT_DIR: join(place.root, 'no-models'), ...NO_KEYS }, extraArgs: BARE }), {}, 'pi has no model'],
  ] as const
  await Promise.all(
    bad.map(async ([driver, changes, words], index) => {
      const agent = await driver.launch(await place.spec(`bad-${index}`, changes))
      const exit = await agent.exited
      expect(exit.lastWords).toContain(words)
      expect(exit.code).toBe(words === 'pi has no model' ? 0 : 1)
      expect(await agent.stop()).toBe(exit)
    }),
  )
})

test('a model that answers with an error is told in the conversation, and the agent goes on', async () => {
  const { host } = place
  const agent = await place.start('unlucky')
  host.message('unlucky', 'error 400')
  const failed = await host.wait('unlucky', ({ type, data }) => type === 'message_end' && 'stop_reason' in data)
  expect(failed.data).toMatchObject({
    role: 'assistant',
    text: '',
    stop_reason: 'error',
    error: expect.stringContaining('Scripted error 400'),
  })
  host.message('unlucky', 'say again')
  await host.wait('unlucky', says('again'))
  expect(agent.pid).toBeGreaterThan(0)
})

test('launched again, an agent resumes its conversation and gets the messages that were never applied, nothing older', async () => {
  const { host, model } = place
  host.add('lazarus')
  host.tool('lazarus', { name: 'wait' }, () => new Promise(() => {}))
  const first = await place.start('lazarus')
  host.message('lazarus', 'say remembered')
  await host.wait('lazarus', says('remembered'))
  host.message('lazarus', 'call wait')
  await host.wait('lazarus', isType('tool_call'))
  process.kill(first.pid ?? 0, 'SIGKILL')
  await first.exited
  const waiting = [host.message('lazarus', 'note one').aseq, host.message('lazarus', 'say back').aseq]
  const [before, asked] = [host.entries('lazarus').length, model.requests.length]

  await place.start('lazarus')
  await host.wait('lazarus', says('back'), before)
  const applied = host
    .entries('lazarus')
    .slice(before)
    .flatMap(({ type, data }) => (type === 'message_applied' && 'aseq' in data ? [data.aseq] : []))
  expect(applied).toEqual(waiting)
  expect(host.entries('lazarus').slice(before).filter(isType('tool_call'))).toEqual([])
  const texts = model.requests.slice(asked).flatMap(({ messages }) => messages.map(({ text }) => text))
  expect(texts).toContain('remembered')
  expect(await processesOf('lazarus')).not.toContain(first.pid)
})

test('a second launch of the same name takes the place of the first', async () => {
  const first = await place.start('twin')
  const second = await place.start('twin')
  // Whether tmux still gets to know how a pane that it was told to kill has ended is a race inside tmux.
  expect([null, 128 + 1]).toContain((await first.exited).code)
  expect(second.pid).not.toBe(first.pid)
  const alive = await processesOf('twin')
  expect([alive.includes(second.pid ?? 0), alive.includes(first.pid ?? 0)]).toEqual([true, false])
})

test('close() ends every agent and the tmux server, and removes its socket', async () => {
  const own = await openPlace()
  await Promise.all([own.start('one'), own.start('two')])
  expect((await own.tmux.status(`ramure-${own.host.run}-two`))?.isDead).toBe(false)
  const socket = join(process.env.TMUX_TMPDIR ?? '/tmp', `tmux-${process.getuid?.()}`, own.tmux.socketName)
  await access(socket)
  await own[Symbol.asyncDispose]()
  await expect(access(socket)).rejects.toThrow('ENOENT')
  expect(await allWith(`RAMURE_EXECUTION_ID=${own.host.run}`)).toEqual([])
  await until(async () => !(await allCommandLines()).includes(own.tmux.socketName))
})

test('a driver that is closed while it launches leaves nothing, and launches no more', async () => {
  const own = await openPlace()
  const [specs, driver] = [await Promise.all(['x', 'y', 'z'].map((name) => own.spec(name))), own.driver]
  const launches = specs.map((spec) =>
    driver.launch(spec).then(
      () => 'launched',
      (error: { name: string }) => error.name,
    ),
  )
  await driver.close()
  for (const outcome of await Promise.all(launches)) expect(outcome).toBeOneOf(['launched', 'AbortError'])
  await expect(driver.launch(specs[0] as LaunchSpec)).rejects.toMatchObject({ name: 'AbortError' })
  expect(await allWith(`RAMURE_EXECUTION_ID=${own.host.run}`)).toEqual([])
  expect(await own.tmux.status('x')).toBeNull()
  await own[Symbol.asyncDispose]()
})

test('what cannot work is refused before anything is started', async () => {
  const spec = await place.spec('refused')
  const codeOf = async (launch: Promise<unknown>): Promise<unknown> =>
    launch.then(
      () => 'launched',
      (error: { code: string }) => error.code,
    )
  const nowhere = { ...spec, machine: { ...spec.machine, env: { PATH: place.root } } }
  expect(await codeOf(place.driverWith({ pi: join(place.root, 'nothing.js') }).launch(spec))).toBe('ERR_PI_NOT_FOUND')
  expect(await codeOf(place.driverWith({ pi: '/bin/true' }).launch(spec))).toBe('ERR_PI_NOT_FOUND')
  expect(await codeOf(place.driverWith({ env: { RAMURE_PI: '/nowhere/pi' } }).launch(spec))).toBe('ERR_PI_NOT_FOUND')
  expect(await codeOf(place.driverWith({ defaultModel: 'a b; c' }).launch(spec))).toBe('ERR_MODEL_NAME')
  expect(await codeOf(place.driverWith({ launchesMax: 1 }).launch(nowhere))).toBe('ERR_TMUX_NOT_FOUND')
  const folder = { ...spec, machine: { ...spec.machine, workdir: join(place.root, 'gone') } }
  expect(await codeOf(place.driver.launch(folder))).toBe('ERR_WORKDIR')
  expect(await codeOf(place.driver.launch({ ...spec, signal: AbortSignal.abort() }))).toBe('ABORT_ERR')
  const old = join(place.root, 'old-pi.js')
  await writeFile(old, 'console.log("0.73.1")')
  expect(await codeOf(place.driverWith({ pi: old }).launch(spec))).toBe('ERR_PI_TOO_OLD')
})

const processesOf = (agent: string): Promise<number[]> => allWith(`RAMURE_EXECUTION_ID=${place.host.run}`, `RAMURE_AGENT_ID=${agent}`)

async function allWith(...marks: string[]): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(
    pids.map(async (pid) => {
      const variables = (await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')).split('\0')
      return marks.every((mark) => variables.includes(mark)) ? [Number(pid)] : []
    }),
  )
  return found.flat()
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

async function allCommandLines(): Promise<string> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  return (await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))).join('\n')
}

/** Processes announce nothing: they can only be looked at again. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(10)
}
