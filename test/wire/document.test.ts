/** docs/wire.md is enough: the agent it prints runs, as it stands there, against a real run. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { agent } from '../../src/runtime/agent.ts'
import { done, wait } from '../../src/runtime/process.ts'
import { startProxy } from '../e2e/proxy.ts'
import { agentFileOf } from '../runtime/external-client.ts'
import { type Live, start } from '../runtime/harness.ts'

const DOCUMENT = readFileSync(fileURLToPath(new URL('../../docs/wire.md', import.meta.url)), 'utf8')
const PROGRAM = /```js\n(.*?)```/s.exec(DOCUMENT)?.[1] ?? ''

/** A run that wants 21 and then 4 doubled. */
function doubling() {
  return start(async () => {
    const answers: number[] = []
    const worker = await agent('worker', { driver: 'external' })
    const input = { type: 'object', properties: { answer: { type: 'number' } }, required: ['answer'] } as const
    worker.on<{ answer: number }>('submit', { input }, async ({ answer }) => {
      answers.push(answer)
      if (answers.length === 2) done(answers)
      else await worker.send('double 4')
      return `${answer} it is`
    })
    await worker.send('double 21')
    return wait<number[]>()
  })
}

/** Writes the program and its agent file beside each other; `start` starts it. */
async function workerOf(live: Live, port?: number) {
  const file = await agentFileOf(live, 'worker')
  const path = join(live.home, 'worker.json')
  writeFileSync(path, JSON.stringify(port === undefined ? file : { ...file, server_url: `ws://127.0.0.1:${port}` }))
  writeFileSync(join(live.home, 'worker.mjs'), PROGRAM)
  return {
    file,
    start(): ChildProcess & { readonly talk: () => string; readonly exit: Promise<number> } {
      const child = spawn(process.execPath, [join(live.home, 'worker.mjs'), path], { stdio: ['ignore', 'inherit', 'pipe'] })
      onTestFinished(() => void child.kill('SIGKILL'))
      let text = ''
      child.stderr.on('data', (chunk) => (text += String(chunk)))
      return Object.assign(child, { talk: () => text, exit: once(child, 'close').then(([code]) => code as number) })
    },
  }
}

test('the printed agent registers, does what it is told, and leaves when the run has ended', async () => {
  const live = doubling()
  const worker = (await workerOf(live)).start()
  const recording = await live.ended
  expect(recording.value()).toEqual([42, 8])
  expect(await worker.exit).toBe(0)
  expect(worker.talk()).toContain('submit: 42 it is')
})

test('the printed agent that is killed and started again does no message twice and none never', async () => {
  const live = start(async () => {
    const worker = await agent('worker', { driver: 'external' })
    const answers: number[] = []
    worker.on<{ answer: number }>('submit', { input: { type: 'object' } }, ({ answer }) => {
      answers.push(answer)
      if (answer === 8) done(answers)
      return 'thanks'
    })
    worker.on('again', async () => worker.send('double 4').then(() => 'sent'))
    await worker.send('double 21')
    return wait<number[]>()
  })
  const worker = await workerOf(live)
  const first = worker.start()
  await live.until('tool_result')
  first.kill('SIGKILL')
  await live.until('disconnected')
  // While nobody is there, a viewer makes the run send one more message.
  const viewer = new WebSocket(`${worker.file.server_url}/agents/worker/ws`, [`ramure.bearer.${worker.file.token}`])
  await once(viewer, 'open')
  viewer.send('{"type":"event","event_type":"tool_call","data":{"call_id":"v","tool":"again"}}')
  await live.until('message', ({ data }) => data.text === 'double 4')
  viewer.close()
  worker.start()
  const recording = await live.ended
  expect(recording.value()).toEqual([42, 8])
})

test('the printed agent whose line is cut, and swallows a call before that, makes each call once', async () => {
  const live = doubling()
  const { data } = await live.until('run_started')
  const proxy = await startProxy(Number(new URL(data.server_url ?? '').port))
  onTestFinished(() => proxy.close())
  const worker = (await workerOf(live, proxy.port)).start()
  await live.until('register')
  proxy.cut()
  // Its second call leaves the agent and arrives nowhere.
  await live.until('tool_call')
  proxy.swallow('to-server')
  while (!proxy.swallowed().some((frame) => frame.includes('"answer":8'))) await turn()
  proxy.cut()
  const recording = await live.ended
  expect(recording.value()).toEqual([42, 8])
  expect(recording.of('tool_call')).toHaveLength(2)
  expect(await worker.exit).toBe(0)
})
