import { afterAll, beforeAll, expect, test } from 'vitest'
import { agent, agentProcess, expose, localImage, wait } from '../../src/index.ts'
import { type Live, openWorld, ramure, said, until, type World } from './world.ts'

/** The command line, as processes of its own, beside a live run. */
const SPEC = { type: 'object', properties: { spec: { type: 'string' }, priority: { type: 'number' } }, required: ['spec'] }

const desk = (workdir: string) =>
  agentProcess(
    'desk',
    async () => {
      const worker = await agent('worker')
      expose('add_task', { description: 'Hands a task in.', input: SPEC }, async (task: { spec: string; priority?: number }) => {
        await worker.send(`say working on ${task.spec}`)
        return { accepted: task }
      })
      return wait()
    },
    { image: localImage({ workdir }) },
  )

let world: World
let program: ReturnType<typeof desk>
let live: Live
beforeAll(async () => {
  world = await openWorld()
  program = desk(world.project)
  live = await world.start(program, [])
  await live.wait('endpoint_exposed', () => true)
})
afterAll(() => world[Symbol.asyncDispose]())

test('ls and status know the run and its agent', async () => {
  const [ls, status, text] = await Promise.all([world.cli('ls', '--json'), world.cli('status', '--json'), world.cli('status')])
  expect(JSON.parse(ls.stdout)).toMatchObject({ v: 1, ok: true, data: { runs: [{ run: live.run, status: 'running', process: 'desk' }] } })
  expect(JSON.parse(status.stdout)).toMatchObject({ ok: true, data: { run: live.run } })
  expect(status.stdout).toContain('"worker"')
  expect(text.stdout).toContain('worker')
  expect([ls, status, text].map(({ exitCode }) => exitCode)).toEqual([0, 0, 0])
})

test('tail -f shows what is sent and called by others, and ends with the watcher, never with the run', async () => {
  const before = live.now()
  const tail = ramure(['tail', '-f', '-n', 'all', live.run, '--json'], world.env)
  const seen: string[] = []
  tail.stdout.on('data', (chunk: Buffer) => seen.push(chunk.toString()))
  await until(() => seen.join('').includes(`"seq":${before},`))

  const sent = await world.cli('send', 'worker', 'say hello from the shell', '--as', 'tester')
  expect(sent.stdout).toMatch(/^Sent to worker/)
  await live.wait('message_end', said('worker', 'hello from the shell'), before)
  const called = await world.cli('call', 'add_task', 'spec=write tests', 'priority=2')
  expect(JSON.parse(called.stdout)).toEqual({ accepted: { spec: 'write tests', priority: 2 } })
  await live.wait('message_end', said('worker', 'working on write tests'), before)
  expect(live.of('cli_send', before)).toEqual([{ agent: 'worker', text: 'say hello from the shell', caller: 'external:tester' }])
  expect(live.of('endpoint_called', before)).toMatchObject([{ endpoint: 'add_task', caller: 'external:cli' }])

  const last = live.now()
  await until(() => seen.join('').includes(`"seq":${last},`))
  tail.kill('SIGINT')
  expect(await tail).toMatchObject({ exitCode: 130 })
  const shown = seen
    .join('')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)
  // Whoever was told to go misses what came after; the agent may still have had something to say.
  expect(shown.length).toBeGreaterThanOrEqual(last)
  expect(shown).toEqual(live.entries.slice(0, shown.length))
})

test('what is mistyped is refused with what was meant, and nothing reaches the run', async () => {
  const before = live.now()
  const [agentName, endpoint, args] = await Promise.all([
    world.cli('send', 'wroker', 'hi'),
    world.cli('call', 'add_tsak', 'spec=x'),
    world.cli('call', 'add_task', 'priority=high'),
  ])
  expect(agentName.stderr).toMatch(/did you mean\s+worker/)
  expect(endpoint.stderr).toMatch(/did you mean\s+add_task/)
  expect(args.stderr).toMatch(/required property "spec".*; priority: .*"number"/)
  expect([agentName, endpoint].map(({ exitCode }) => exitCode)).toEqual([3, 3])
  expect(args.exitCode).not.toBe(0)
  expect(live.of('message', before)).toEqual([])
})

test('stop ends the run in order: tail -f says how, status says it too, and the recording reruns identically', async () => {
  const tail = ramure(['tail', '-f', live.run], world.env)
  await new Promise((resolve) => tail.stderr.once('data', resolve))
  const stop = await world.cli('stop', live.run, '--reason', 'wrong branch')
  expect(stop.exitCode).toBe(0)
  expect(await live.result).toMatchObject({ status: 'rejected', reason: { name: 'ExecutionCancelled', reason: 'wrong branch' } })
  expect(live.of('stop_requested')).toEqual([{ caller: 'external:cli', reason: 'wrong branch' }])
  expect(live.of('agent_exited')).toEqual([{ cause: 'shutdown', code: 0, by: 'ramure' }])
  expect(live.of('run_ended')).toMatchObject([{ outcome: 'cancelled' }])
  const followed = await tail
  expect(followed.stderr).toContain('cancelled after')

  const [status, again] = await Promise.all([world.cli('status', live.run), world.cli('send', 'worker', 'hi', '--id', live.run)])
  expect(status.stdout).toContain('cancelled')
  expect(again.stderr).toContain('not live any more')
  await world.nothingIsLeftOf(live.run)
  await world.rerunsIdentically(program, live.run)
})
