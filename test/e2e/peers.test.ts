import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { agent, agentProcess, connect, done, expose, localImage, wait } from '../../src/index.ts'
import { type Live, openWorld, said, type World } from './world.ts'

/** Two agents in folders of their own; ann may speak to bob, and bob may not answer until he is allowed to. */
const peers = (root: string) =>
  agentProcess('peers', async () => {
    const hire = (name: string) => agent(name, { image: localImage({ workdir: join(root, name) }) })
    const [ann, bob] = await Promise.all([hire('ann'), hire('bob')])
    connect(ann, bob, { direction: 'forward' })
    expose('allow', () => connect(ann, bob, { direction: 'both' }))
    expose('end', () => done('over'))
    return wait<string>()
  })

let world: World
let program: ReturnType<typeof peers>
let live: Live
beforeAll(async () => {
  world = await openWorld()
  await Promise.all(['ann', 'bob'].map((name) => mkdir(join(world.project, name))))
  program = peers(world.project)
  live = await world.start(program, [])
  await live.wait('connection_added', () => true)
})
afterAll(() => world[Symbol.asyncDispose]())

/** Lets `name` call a tool and resolves with what it was answered. */
async function answerOf(name: string, tool: string, args: object): Promise<{ text: unknown; is_error: unknown }> {
  const before = live.now()
  await live.send(name, `call ${tool} ${JSON.stringify(args)} ;; say next`)
  const ended = await live.wait('pi_tool_result', (data, entry) => entry.agent === name && data.tool === tool, before)
  await live.wait('message_end', said(name, 'next'), before)
  const { text, is_error } = ended.data as { text: unknown; is_error: unknown }
  return { text, is_error }
}

test('a message to a connected agent arrives with its sender, and wakes it', async () => {
  expect(await answerOf('ann', 'message', { receiver: 'bob', message: 'say hello' })).toEqual({
    text: 'Message sent to bob.',
    is_error: false,
  })
  await live.wait('message_end', said('bob', 'hello'))
  const received = live.entries.find(({ type, agent: name }) => type === 'message' && name === 'bob')
  expect(received?.data).toEqual({ text: '[From: ann] say hello', delivery: 'steer', from: 'ann' })
})

test('nobody speaks to an agent without a connection, and the refusal is recorded', async () => {
  await writeFile(join(world.project, 'bob', 'mine.txt'), 'bob only')
  const refused = { text: "'bob' is not connected to 'ann'", is_error: true }
  expect(await answerOf('bob', 'message', { receiver: 'ann', message: 'hi' })).toEqual(refused)
  expect(await answerOf('bob', 'send_file', { receiver: 'ann', path: 'mine.txt' })).toEqual(refused)
  expect(await answerOf('ann', 'download_file', { sender: 'bob', path: 'mine.txt' })).toEqual(refused)
  expect(await answerOf('ann', 'message', { receiver: 'carl', message: 'hi' })).toEqual({ text: "Unknown agent 'carl'", is_error: true })
  expect(live.of('send_refused').map(({ to }) => to)).toEqual(['ann', 'ann', 'bob', 'carl'])
})

test('files arrive byte for byte, large and secret ones too, and no secret of theirs reaches the log', async () => {
  const binary = Buffer.concat([Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)), Buffer.alloc(1_000_000, 0x9f)])
  const secret = Buffer.from(`key=${world.model.key}\n`)
  const ann = (file: string): string => join(world.project, 'ann', file)
  const bob = (file: string): string => join(world.project, 'bob', file)
  await writeFile(ann('data.bin'), binary)
  await writeFile(ann('.env'), secret)
  await writeFile(ann('empty'), '')

  expect((await answerOf('ann', 'send_file', { receiver: 'bob', path: 'data.bin', dest_path: 'in/copy.bin' })).text).toBe(
    'Sent 1000256 bytes to bob:in/copy.bin.',
  )
  expect((await answerOf('bob', 'download_file', { sender: 'ann', path: 'data.bin' })).text).toBe(
    'Downloaded 1000256 bytes from ann:data.bin to data.bin.',
  )
  expect((await answerOf('ann', 'send_file', { receiver: 'bob', path: '.env', dest_path: ann('../bob/env') })).text).toContain(
    `Sent ${secret.length} bytes`,
  )
  expect((await answerOf('ann', 'send_file', { receiver: 'bob', path: 'empty' })).text).toBe('Sent 0 bytes to bob:empty.')
  for (const [file, content] of [
    ['in/copy.bin', binary],
    ['data.bin', binary],
    ['env', secret],
    ['empty', Buffer.alloc(0)],
  ] as const) {
    expect(content.equals(await readFile(bob(file))), file).toBe(true)
  }
  expect(await readFile(join(world.home, 'logs', live.run, 'events.jsonl'), 'utf8')).not.toContain(world.model.key)
})

test('a file that cannot be had or cannot be put there is an error that names it', async () => {
  const missing = await answerOf('ann', 'send_file', { receiver: 'bob', path: 'nowhere.txt' })
  expect(missing).toEqual({ text: expect.stringMatching(/ENOENT.*nowhere\.txt/), is_error: true })
  await writeFile(join(world.project, 'ann', 'x'), 'x')
  const blocked = await answerOf('ann', 'send_file', { receiver: 'bob', path: 'x', dest_path: 'mine.txt/x' })
  expect(blocked).toEqual({ text: expect.stringMatching(/ENOTDIR|EEXIST/), is_error: true })
  const folder = await answerOf('ann', 'send_file', { receiver: 'bob', path: '.' })
  expect(folder).toEqual({ text: expect.stringContaining('EISDIR'), is_error: true })
})

test('two agents talk back and forth once both may', async () => {
  await live.call('allow')
  const before = live.now()
  const pong = `call message ${JSON.stringify({ receiver: 'ann', message: 'say pong' })}`
  await live.send('ann', `call message ${JSON.stringify({ receiver: 'bob', message: pong })}`)
  await live.wait('message_end', said('ann', 'pong'), before)
})

test('the recording reruns identically, and nothing is left', async () => {
  await live.call('end')
  expect(await live.result).toEqual({ status: 'fulfilled', value: 'over' })
  expect(live.of('warning')).toEqual([])
  await world.nothingIsLeftOf(live.run)
  await world.rerunsIdentically(program, live.run)
})
