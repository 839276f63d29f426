import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { agent, agentProcess, done, expose, localImage, wait } from '../../src/index.ts'
import { messageScript } from '../../src/testing/message-script.ts'
import { type Live, openWorld, said, until, type World } from './world.ts'

/** One agent, one run, from the first message to the last trace of it: tests speak to it in turn. */
const SUMMARY = { type: 'object', properties: { summary: { type: 'string' } }, required: ['summary'] }
const ANY = { type: 'object' }
const THOUGHT = 'nobody may read this'
const HOSTILE = `You are «alice» $HOME \`id\` $(id) 'single' "double"\n--version;\n#{session_name} \\ 🦉 ${'long '.repeat(5000)};`

const talk = (workdir: string, secret: string) =>
  agentProcess(
    'talk',
    async (systemPrompt: string) => {
      const alice = await agent('alice', { systemPrompt })
      let open = Promise.withResolvers<string>()
      alice.on('finish', { description: 'Hand in.', input: SUMMARY }, ({ summary }: { summary: string }) => ({ accepted: summary }))
      alice.on('slow', () => open.promise)
      alice.on('fails', () => Promise.reject(new Error('scripted failure')))
      expose('open', { input: ANY }, ({ answer }: { answer: string }) => {
        open.resolve(answer)
        open = Promise.withResolvers()
      })
      expose('equip', () => alice.on('late', { description: 'Comes late.', input: ANY }, ({ n }: { n: number }) => `late ${n}`))
      expose('burst', { input: ANY }, async ({ count }: { count: number }) => {
        for (let n = 0; n < count; n += 1) await alice.send(`note ${n}`)
      })
      expose('followUp', { input: ANY }, ({ text }: { text: string }) => alice.send(text, { delivery: 'follow_up' }))
      expose('hire', { input: ANY }, async ({ name }: { name: string }) =>
        agent(name).then(
          () => 'hired',
          (error: { code: string }) => error.code,
        ),
      )
      expose('confide', () => alice.send(`say my key is ${secret}`))
      expose('end', () => done('over'))
      return wait<string>()
    },
    { image: localImage({ workdir, env: { MY_SECRET_KEY: "se'cret;\nvalue" } }) },
  )

let world: World
let program: ReturnType<typeof talk>
let live: Live
let token: string
beforeAll(async () => {
  world = await openWorld({
    respond: (request) => {
      const step = messageScript(request)
      const thinks = step.kind === 'call' && step.calls.some(({ tool }) => tool === 'finish')
      return thinks ? { ...step, thinking: THOUGHT } : step
    },
  })
  program = talk(world.project, world.model.key)
  live = await world.start(program, [HOSTILE])
  token = await tokenOf('alice')
  await live.wait('registered', (_, entry) => entry.agent === 'alice')
})
afterAll(() => world[Symbol.asyncDispose]())

test('a message becomes a tool call, its result goes to the model, and all of it is in the log', async () => {
  const message = await live.send('alice', 'call finish {"summary":"round 0"}')
  await live.wait('message_end', said('alice', 'done {"accepted":"round 0"}'))
  await live.wait('turn_end', ({ turn_index }) => turn_index === 1)

  const [register] = live.of('register')
  const id = 'call_1'
  expect(live.of('message_applied')).toEqual([{ aseq: message.aseq }])
  expect(live.of('tool_call')).toEqual([{ call_id: `${register?.boot}:${id}`, tool: 'finish', params: { summary: 'round 0' } }])
  expect(live.of('tool_result')).toEqual([{ call_id: `${register?.boot}:${id}`, result: { accepted: 'round 0' } }])
  expect(live.of('turn_start')).toEqual([{ turn_index: 0 }, { turn_index: 1 }])
  expect(live.of('message_start')).toEqual([{ role: 'user' }, { role: 'assistant' }, { role: 'assistant' }])
  expect(live.of('pi_tool_start')).toEqual([{ tool_call_id: id, tool: 'finish', args: { summary: 'round 0' } }])
  expect(live.of('pi_tool_end')).toEqual([{ tool_call_id: id, tool: 'finish', is_error: false }])
  expect(live.of('pi_tool_result')).toEqual([
    { tool_call_id: id, tool: 'finish', is_error: false, text: '{"accepted":"round 0"}', truncated: false },
  ])
  expect(live.of('message_end')).toEqual([
    { role: 'user', text: 'call finish {"summary":"round 0"}', truncated: false },
    { role: 'assistant', text: '', truncated: false, tool_calls: [{ tool_call_id: id, tool: 'finish' }], thinking_chars: THOUGHT.length },
    { role: 'assistant', text: 'done {"accepted":"round 0"}', truncated: false },
  ])
  const usage = live.of('usage')
  expect(usage).toHaveLength(2)
  for (const each of usage) {
    const { input_tokens: input, output_tokens: output, total_tokens: total } = each as Record<string, number>
    expect(each).toMatchObject({
      provider: 'scripted',
      model: 'scripted-1',
      cache_read_tokens: 0,
      cache_write_tokens: 0,
      cost: { total: expect.any(Number) },
    })
    expect((input ?? 0) + (output ?? 0)).toBe(total)
    expect(output).toBeGreaterThan(0)
  }
  expect(
    live
      .of('registered')[0]
      ?.tools.map(({ name }) => name)
      .slice(0, 3),
  ).toEqual(['message', 'send_file', 'download_file'])
})

test('a failing tool and an unknown one are errors that the model is told', async () => {
  const before = live.now()
  await live.send('alice', 'calls fails {} && nosuch {} && finish {"summary":7} ;; say went on')
  await live.wait('message_end', said('alice', 'went on'), before)
  const failed = live.of('pi_tool_result', before).map(({ tool, text, is_error }) => [tool, is_error, text])
  expect(failed).toContainEqual(['fails', true, 'scripted failure'])
  expect(failed).toContainEqual(['nosuch', true, expect.stringContaining('nosuch')])
})

test('a busy agent is steered at the end of its turn, and a follow-up waits for the end of its work', async () => {
  const before = live.now()
  await live.send('alice', 'call slow ;; say never reached')
  await live.wait('tool_call', ({ tool }) => tool === 'slow', before)
  const steer = live.send('alice', 'say steered')
  await live.wait('message', ({ text }) => text === 'say steered', before)
  await live.call('followUp', { text: 'say after all' })
  await live.call('open', { answer: 'slowly' })
  await steer
  const steered = await live.wait('message_end', said('alice', 'steered'), before)
  await live.wait('message_end', said('alice', 'after all'), steered.seq)
  expect(live.of('message_end', before).filter(({ text }) => text === 'never reached')).toEqual([])
  expect(live.of('pi_tool_result', before).map(({ text }) => text)).toEqual(['slowly'])
})

test('a tool given to a running agent can be called at once, several times in parallel', async () => {
  const before = live.now()
  await live.call('equip')
  await live.wait('tool_registered', ({ name }) => name === 'late', before)
  await live.send('alice', 'calls late {"n":1} && late {"n":2} && late {"n":3} ;; say all')
  await live.wait('message_end', said('alice', 'all'), before)
  expect(
    live
      .of('pi_tool_result', before)
      .map(({ text }) => text)
      .toSorted(),
  ).toEqual(['late 1', 'late 2', 'late 3'])
})

test('ten messages to an idle agent all arrive, once each and in order', async () => {
  const before = live.now()
  await live.call('burst', { count: 10 })
  const sent = live.entries.filter(({ seq, type }) => seq > before && type === 'message').map(({ aseq }) => aseq)
  expect(sent).toHaveLength(10)
  await live.wait('message_applied', ({ aseq }) => aseq === sent.at(-1), before)
  expect(live.of('message_applied', before).map(({ aseq }) => aseq)).toEqual(sent)
  await live.send('alice', 'say over')
  await live.wait('message_end', said('alice', 'over'), before)
  const told = world.model.requests.at(-1)?.messages.flatMap(({ role, text }) => (role === 'user' ? (text.match(/note \d/g) ?? []) : []))
  expect(told).toEqual(Array.from({ length: 10 }, (_, n) => `note ${n}`))
})

test('the model is told what was sent, whatever it looks like', async () => {
  const texts = [
    '/quit',
    '!touch /tmp/never',
    '@file',
    '--help',
    '  two\n\nlines  ',
    '🦉 ; $(id) `id` "',
    '\u2028\u0007\\',
    `${'x'.repeat(200_000)};`,
  ]
  for (const text of texts) await live.send('alice', text)
  await live.send('alice', 'say heard')
  await live.wait('message_end', said('alice', 'heard'))
  const asked = world.model.requests.at(-1)
  expect(asked?.system).toContain(HOSTILE)
  const heard =
    asked?.messages
      .filter(({ role }) => role === 'user')
      .map(({ text }) => text)
      .join('\n\n') ?? ''
  for (const text of texts) expect(heard.includes(text), JSON.stringify(text.slice(0, 40))).toBe(true)
})

test('names that are more than a name are refused before anything is started', async () => {
  const before = live.now()
  for (const name of ['', '../up', 'a b', 'a;b', 'a.b', '=a', '-L', '$(id)', 'alice\n', 'ä', 'x'.repeat(65)]) {
    expect(await live.call('hire', { name }), JSON.stringify(name)).toBe('ERR_BAD_NAME')
  }
  expect(await live.call('hire', { name: 'alice' })).toBe('ERR_AGENT_EXISTS')
  expect(live.of('agent_created', before)).toEqual([])
  expect(live.of('machine_created', before)).toEqual([])
})

test('people find the conversation in the terminal, and nothing secret in any command line, environment listing or log', async () => {
  await live.send(
    'alice',
    'call bash {"command":"printf %s \\"$RAMURE_MODEL_KEY|$MY_SECRET_KEY|${RAMURE_AGENT_FILE-gone}\\"; pwd"} ;; say looked',
  )
  await live.wait('message_end', said('alice', 'looked'))
  const shown = live.of('pi_tool_result').findLast(({ tool }) => tool === 'bash')
  expect(shown?.text).toBe(`‹masked:RAMURE_MODEL_KEY›|‹masked:MY_SECRET_KEY›|gone${world.project}\n`)

  const { stdout: screen } = await execa('tmux', [
    '-L',
    `ramure-${live.run}`,
    'capture-pane',
    '-p',
    '-S',
    '-',
    '-t',
    `=ramure-${live.run}-alice:`,
  ])
  for (const words of ['finish {"summary":"round 0"}', '{"accepted":"round 0"}', 'say steered', 'looked']) expect(screen).toContain(words)

  await live.call('confide')
  await live.wait('message', ({ text }) => text === 'say my key is ‹masked:RAMURE_MODEL_KEY›')

  expect(token).toMatch(/^[\w-]{43}$/)
  const commandLines = await allCommandLines()
  expect(commandLines).toContain(`ramure-${live.run}`)
  for (const secret of [token, world.model.key, "se'cret", '«alice»', 'long long']) expect(commandLines).not.toContain(secret)
  for (const secret of [token, world.model.key, "se'cret", THOUGHT]) expect(await filesWith(secret)).toEqual([])
})

test('the run ends in order, leaves nothing, and its recording reruns identically', async () => {
  await live.call('end')
  expect(await live.result).toEqual({ status: 'fulfilled', value: 'over' })
  expect(live.of('agent_exited')).toEqual([{ cause: 'shutdown', code: 0, by: 'ramure' }])
  expect(live.entries.at(-1)).toMatchObject({ type: 'run_ended', data: { outcome: 'completed' } })
  expect(live.of('warning')).toEqual([])
  await world.nothingIsLeftOf(live.run)
  expect(await world.recording(live.run)).toEqual(live.entries)
  expect(await world.rerunsIdentically(program, live.run)).toBeGreaterThan(50)
})

/** The agent removes its file within half a second: whoever wants to see it must be quick. */
async function tokenOf(name: string): Promise<string> {
  const path = join(world.home, 'runtimes', `${live.run}.agents`, `${name}.json`)
  let text = ''
  await until(async () => (text = await readFile(path, 'utf8').catch(() => '')) !== '')
  return (JSON.parse(text) as { token: string }).token
}

/** Files of the run's folder that hold `secret`. */
async function filesWith(secret: string): Promise<string[]> {
  const folder = join(world.home, 'logs', live.run)
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((file) => file.isFile())
  const found = await Promise.all(
    files.map(async (file) => {
      const path = join(file.parentPath, file.name)
      // pi keeps its own sessions, thoughts included, for its own resume.
      return !path.includes('/sessions/') && (await readFile(path, 'latin1')).includes(secret) ? [path] : []
    }),
  )
  return found.flat()
}

async function allCommandLines(): Promise<string> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
  return (await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))).join('\n')
}
