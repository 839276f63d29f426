import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AgentOptions, agent, agentProcess, localImage, spawn, wait } from '../../src/index.ts'
import { piDriver } from '../../src/machines/pi.ts'
import { type Live, openWorld, processesOf, until, type World } from './world.ts'

/** Agents that end without being asked to, and agents that never begin. */
let world: World
beforeAll(async () => void (world = await openWorld()))
afterAll(() => world[Symbol.asyncDispose]())

test('a pi that is killed fails the process that owns it at once, its command does not outlive it, and the rest of the run goes on', async () => {
  const owner = agentProcess('owner', async () => {
    await agent('victim', { graceMs: 600_000 })
    return wait()
  })
  const program = agentProcess(
    'root',
    async () => {
      const handle = spawn(owner)
      const error: Error = await handle.result.then(
        () => new Error('It ended well.'),
        (reason: Error) => reason,
      )
      return `${error.name}: ${error.message}`
    },
    { image: localImage({ workdir: world.project }) },
  )
  const live = await world.start(program, [])
  await live.wait('registered', () => true)
  // The second sleep leaves its process group and its session.
  await live.send('victim', 'call bash {"command":"setsid sleep 4321 & echo $$ > shell.pid; sleep 4321"}')
  const pidFile = join(world.project, 'shell.pid')
  await until(async () => /\d\n/.test(await readFile(pidFile, 'utf8').catch(() => '')))
  const shell = Number(await readFile(pidFile, 'utf8'))
  // A process that is becoming another program shows no environment for a moment.
  await until(async () => (await processesOf(live.run)).includes(shell))

  const pid = live.of('register')[0]?.pid ?? 0
  process.kill(pid, 'SIGKILL')
  const killedAt = performance.now()
  expect(await live.result).toEqual({ status: 'fulfilled', value: "ExecutionFailed: agent 'victim' disconnected" })
  expect(performance.now() - killedAt).toBeLessThan(6000)
  expect(live.of('disconnected')).toHaveLength(1)
  expect(live.of('agent_exited')).toEqual([{ cause: 'killed', signal: 'SIGKILL', by: 'unknown', message: expect.any(String) }])
  expect(live.of('process_failed')).toEqual([
    { error: expect.objectContaining({ name: 'ExecutionFailed', message: "agent 'victim' disconnected" }) },
  ])
  expect(live.of('run_ended')).toMatchObject([{ outcome: 'completed' }])
  await world.nothingIsLeftOf(live.run)
  await world.rerunsIdentically(program, live.run)
})

/** Tries to hire an agent and returns how that failed. */
const hire = (options: AgentOptions, workdir: string, env: Record<string, string> = {}) =>
  agentProcess(
    'hire',
    async () =>
      agent('bad', options).then(
        () => 'It started.',
        ({ code, message }: { code: string; message: string }) => `${code} ${message}`,
      ),
    { image: localImage({ workdir, env }) },
  )

test('an agent that cannot start says within seconds what was seen, and leaves nothing', async () => {
  const broken = join(world.root, 'broken.js')
  await writeFile(broken, 'export default () => { throw new Error("the extension is broken") }')
  const { RAMURE_MODEL: defaultModel = '', ...env } = world.env
  const pi = piDriver({ env, defaultModel, extensionFile: broken })
  const model = { model: 'nobody/nothing' }
  const fast = { registerTimeoutMs: 100 }
  const failures = [
    { program: hire(model, world.project), around: {}, words: /exited with code 1 before it registered.*nobody/s },
    { program: hire({}, world.project), around: { pi }, words: /the extension is broken/ },
    { program: hire({}, world.project), around: { env: { RAMURE_PI: '/nowhere/pi' } }, words: /RAMURE_PI names "\/nowhere\/pi"/ },
    { program: hire({}, world.project, { PATH: '/nowhere' }), around: {}, words: /tmux could not be started/ },
    { program: hire({}, join(world.root, 'gone')), around: {}, words: /The working folder ".*gone" does not exist/ },
    { program: hire({ model: 'a b; c' }, world.project), around: {}, words: /"a b; c" is not the name of a model/ },
    { program: hire(fast, world.project), around: {}, words: /did not register within 100 ms/ },
  ]
  await Promise.all(
    failures.map(async ({ program, around, words }) => {
      const live = await world.start(program, [], around)
      expect(await live.result).toEqual({ status: 'fulfilled', value: expect.stringMatching(words) })
      expect(await live.result).toEqual({
        status: 'fulfilled',
        value: expect.stringMatching(/^ERR_AGENT_LAUNCH Agent 'bad' did not start: /),
      })
      expect(live.of('agent_exited')).toMatchObject([{ cause: 'launch_failed', message: expect.stringMatching(words) }])
      // Whoever is not seen to fail is waited for two minutes.
      expect(live.of('run_ended')[0]?.duration_ms).toBeLessThan(60_000)
      if (!('pi' in around)) await world.nothingIsLeftOf(live.run)
      await world.rerunsIdentically(program, live.run)
    }),
  )
  await pi.close()
})

test('an agent that was lost before the program asked for the next one stops a program that waits for nothing else', async () => {
  const program = agentProcess(
    'waiting',
    async () => {
      await agent('lone', { graceMs: 0 })
      return wait()
    },
    { image: localImage({ workdir: world.project }) },
  )
  const live = await world.start(program, [])
  await live.wait('registered', () => true)
  process.kill(live.of('register')[0]?.pid ?? 0, 'SIGTERM')
  expect(await live.result).toMatchObject({ status: 'rejected', reason: { name: 'ExecutionFailed', reason: "agent 'lone' disconnected" } })
  expect(live.of('agent_exited')).toMatchObject([{ by: 'unknown' }])
  expect(live.of('run_ended')).toMatchObject([{ outcome: 'failed', error: { message: "agent 'lone' disconnected" } }])
  await world.nothingIsLeftOf(live.run)
  await world.rerunsIdentically(program, live.run)
})

test('a run that is stopped at any moment of a launch leaves nothing', async () => {
  const program = agentProcess('hasty', async () => agent('early').then(() => wait()), { image: localImage({ workdir: world.project }) })
  const early = (live: Live, file: string): string => join(world.home, 'logs', live.run, 'agents/early', file)
  const agentFile = (live: Live): string => join(world.home, 'runtimes', `${live.run}.agents/early.json`)
  const isReady = (live: Live): boolean => live.of('register').length > 0
  const moments: readonly ((live: Live) => boolean)[] = [
    (live) => live.entries.length > 0,
    (live) => existsSync(early(live, 'env.sh')),
    (live) => existsSync(early(live, 'stderr.log')) && !existsSync(early(live, 'env.sh')),
    (live) => live.of('agent_spawned').length > 0 && !existsSync(agentFile(live)),
    isReady,
  ]
  await Promise.all(
    moments.map(async (isThere) => {
      const stop = new AbortController()
      const live = await world.start(program, [], { signal: stop.signal })
      // A moment that has passed unseen is not waited for.
      await until(() => isThere(live) || isReady(live))
      stop.abort('enough')
      expect(await live.result).toMatchObject({ status: 'rejected', reason: { name: 'ExecutionCancelled', reason: 'enough' } })
      expect(live.of('agent_exited')).toMatchObject([{ cause: 'shutdown', by: 'ramure' }])
      expect(live.of('run_ended')).toMatchObject([{ outcome: 'cancelled' }])
      await world.nothingIsLeftOf(live.run)
      await world.rerunsIdentically(program, live.run)
    }),
  )
})
