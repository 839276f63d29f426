import { readdir, readFile } from 'node:fs/promises'
import { execa } from 'execa'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Entry, EventData, EventType } from '../../src/log/events.ts'
import { isType, openPlace, type Place, says } from './pi-fixture.ts'

/** What pi does as an agent. One pi per test, all of one file on one tmux server. */
let place: Place
beforeAll(async () => void (place = await openPlace()))
afterAll(() => place[Symbol.asyncDispose]())

const SUMMARY = { type: 'object', properties: { summary: { type: 'string' } }, required: ['summary'] }

test('a message becomes a tool call, its result goes to the model, and everything is reported', async () => {
  const { host } = place
  host.add('alice')
  host.tool('alice', { name: 'finish', description: 'Hand in.', parameters: SUMMARY }, ({ summary }) => ({ accepted: summary as string }))
  const agent = await place.start('alice')

  const message = host.message('alice', 'think hmm call finish {"summary":"round 0"}')
  await host.wait('alice', says('done {"accepted":"round 0"}'))
  await host.wait('alice', ({ type, data }) => type === 'turn_end' && 'turn_index' in data && data.turn_index === 1)

  const [first] = host.entries('alice')
  expect(first?.data).toEqual({ execution_id: host.run, boot: expect.any(String), pid: agent.pid })
  const [{ boot } = { boot: undefined }] = of(host.entries('alice'), 'register')
  expect(of(host.entries('alice'), 'message_applied')).toEqual([{ aseq: message.aseq }])
  expect(of(host.entries('alice'), 'tool_call')).toEqual([{ call_id: `${boot}:call_1`, tool: 'finish', params: { summary: 'round 0' } }])
  expect(of(host.entries('alice'), 'turn_start')).toEqual([{ turn_index: 0 }, { turn_index: 1 }])
  expect(of(host.entries('alice'), 'pi_tool_start')).toEqual([{ tool_call_id: 'call_1', tool: 'finish', args: { summary: 'round 0' } }])
  expect(of(host.entries('alice'), 'pi_tool_end')).toEqual([{ tool_call_id: 'call_1', tool: 'finish', is_error: false }])
  expect(of(host.entries('alice'), 'pi_tool_result')).toEqual([
    { tool_call_id: 'call_1', tool: 'finish', is_error: false, text: '{"accepted":"round 0"}', truncated: false },
  ])
  expect(of(host.entries('alice'), 'message_end')).toEqual([
    { role: 'user', text: 'think hmm call finish {"summary":"round 0"}', truncated: false },
    { role: 'assistant', text: '', truncated: false, tool_calls: [{ tool_call_id: 'call_1', tool: 'finish' }], thinking_chars: 3 },
    { role: 'assistant', text: 'done {"accepted":"round 0"}', truncated: false },
  ])
  expect(of(host.entries('alice'), 'usage')).toHaveLength(2)
  expect(of(host.entries('alice'), 'usage')[0]).toMatchObject({
    provider: 'scripted',
    model: 'scripted-1',
    output_tokens: 4,
    cost: { total: expect.any(Number) },
  })
  // Thinking is counted and nowhere repeated.
  expect(JSON.stringify(host.entries('alice').slice(5))).not.toContain('"hmm"')

  // pi paints its screen at a pace of its own.
  const screen = () => place.tmux.capture(`ramure-${host.run}-alice`)
  await expect.poll(screen, { timeout: 10_000 }).toContain('{"accepted":"round 0"}')
  expect(await screen()).toContain('call finish {"summary":"round 0"}')
})

test('a busy agent is steered, and a message that asks to follow up waits for the end', async () => {
  const { host } = place
  host.add('bob')
  const gate = Promise.withResolvers<string>()
  host.tool('bob', { name: 'slow' }, () => gate.promise)
  await place.start('bob')

  host.message('bob', 'call slow ;; say never reached')
  await host.wait('bob', isType('tool_call'))
  host.message('bob', 'say after all', 'follow_up')
  gate.resolve('finally')
  await host.wait('bob', says('never reached'))
  await host.wait('bob', says('after all'))

  const before = host.entries('bob').length
  host.message('bob', 'call slow {"n":2} ;; say never reached either')
  const second = host.wait('bob', isType('tool_call'), before)
  await second
  host.message('bob', 'say steered')
  await host.wait('bob', says('steered'))
  expect(host.entries('bob').some(says('never reached either'))).toBe(false)
})

test('a tool given to a running agent is callable at once, parallel calls are answered each with its own result', async () => {
  const { host } = place
  host.add('carol')
  await place.start('carol')
  host.tool('carol', { name: 'late' }, ({ n }) => `late ${String(n)}`)
  host.tool('carol', { name: 'bad' }, () => Promise.reject(new Error('scripted failure')))

  host.message('carol', 'calls late {"n":1} && late {"n":2} && bad {} ;; say both')
  await host.wait('carol', says('both'))

  const results = of(host.entries('carol'), 'pi_tool_result')
  expect(new Set(results.map((result) => [result.text, result.is_error].join()))).toEqual(
    new Set(['late 1,false', 'late 2,false', 'scripted failure,true']),
  )
})

test('ten messages to an idle agent all arrive, once and in order', async () => {
  const { host, model } = place
  host.add('dora')
  await place.start('dora')
  const sent = Array.from({ length: 10 }, (_, index) => host.message('dora', `note ${index}`).aseq)
  await host.wait('dora', ({ type, data }) => type === 'message_applied' && 'aseq' in data && data.aseq === sent.at(-1))
  expect(of(host.entries('dora'), 'message_applied').map(({ aseq }) => aseq)).toEqual(sent)
  await host.wait('dora', says('done'))

  host.message('dora', 'say over')
  await host.wait('dora', says('over'))
  const asked = model.requests.findLast(({ messages }) => messages.some(({ text }) => text.includes('note 0')))
  const notes = asked?.messages.flatMap(({ role, text }) => (role === 'user' ? (text.match(/note \d/g) ?? []) : []))
  expect(notes).toEqual(sent.map((_, index) => `note ${index}`))
})

test('a server that goes away and comes back loses no call and gets none twice', async () => {
  // A server of its own: the others' agents should not have to reconnect.
  await using own = await openPlace()
  const { host } = own
  host.add('erin')
  const gate = Promise.withResolvers<string>()
  host.tool('erin', { name: 'open' }, () => gate.promise)
  host.tool('erin', { name: 'after' }, () => 'second')
  await own.start('erin')

  host.message('erin', 'call open ;; call after ;; say both answered')
  await host.wait('erin', isType('tool_call'))
  await host.down()
  gate.resolve('first')
  await host.up()
  await host.wait('erin', says('both answered'))

  const calls = of(host.entries('erin'), 'tool_call').map(({ tool }) => tool)
  expect(calls).toEqual(['open', 'after'])
  expect(of(host.entries('erin'), 'pi_tool_result').map(({ text }) => text)).toEqual(['first', 'second'])
  expect(of(host.entries('erin'), 'register')).toHaveLength(2)
  expect(new Set(of(host.entries('erin'), 'register').map(({ boot }) => boot)).size).toBe(1)
})

test('what the model is told is what was sent, and no command line or folder listing shows it or any secret', async () => {
  const { host, model } = place
  const token = host.add('frank')
  const systemPrompt = `You are «frank» $HOME \`id\` 'single' "double"\n--version;\n#{session_name} \\ ${'long '.repeat(5000)}`
  const workdir = `${place.root}/it's; a "$HOME" #{pane_pid} folder\n;`
  await execa('mkdir', ['-p', workdir])
  const agent = await place.start('frank', { systemPrompt, workdir, env: { MY_SECRET_KEY: "se'cret;\nvalue", ODD: '' } })

  for (const text of ['/quit', '!touch /tmp/never', '@file', '--help', '  two\n\nlines  ', '🦉 ; $(id)']) {
    const { aseq } = host.message('frank', text)
    await host.wait('frank', ({ type, data }) => type === 'message_applied' && 'aseq' in data && data.aseq === aseq)
  }
  host.message(
    'frank',
    'call bash {"command":"printf %s \\"$MY_SECRET_KEY|$ODD|$RAMURE_AGENT_ID|${RAMURE_AGENT_FILE-gone}\\"; pwd"} ;; say looked',
  )
  await host.wait('frank', says('looked'))

  const asked = model.requests.findLast(({ messages }) => messages.some(({ text }) => text === '/quit'))
  expect(asked?.system).toContain(systemPrompt)
  expect(asked?.messages.map(({ text }) => text)).toEqual(expect.arrayContaining(['--help', '  two\n\nlines  ', '🦉 ; $(id)']))
  const [shell] = of(host.entries('frank'), 'pi_tool_result')
  expect(shell?.text).toContain(`se'cret;\nvalue||frank|gone${workdir}`)

  const commandLines = await allCommandLines()
  expect(commandLines).toContain(`ramure-${host.run}`)
  for (const secret of [token, model.key, "se'cret", '«frank»', 'long long']) expect(commandLines).not.toContain(secret)
  const files = await readdir(`${place.root}/agents/frank`)
  expect(files).not.toContain('agent.json')
  expect(files).not.toContain('env.sh')
  expect(agent.tmuxSession).toBe(`ramure-${host.run}-frank`)
})

test('texts are cut at the bytes that the driver was given, between two characters', async () => {
  const { host } = place
  host.add('gina')
  host.tool('gina', { name: 'much' }, () => 'ä'.repeat(500))
  const driver = place.driverWith({ messageBytesMax: 21, toolResultBytesMax: 99 })
  const running = await driver.launch(await place.spec('gina'))
  host.message('gina', `call much ;; say ${'ö'.repeat(50)}`)
  await host.wait('gina', says('ö'.repeat(10)))

  expect(of(host.entries('gina'), 'pi_tool_result')).toMatchObject([{ text: 'ä'.repeat(49), truncated: true, original_length: 1000 }])
  expect(host.entries('gina').find(says('ö'.repeat(10)))?.data).toMatchObject({ truncated: true })
  host.publish('gina', 'shutdown', {})
  expect(await running.stop()).toMatchObject({ code: 0, lastWords: '' })
})

function of<T extends EventType>(entries: readonly Entry[], type: T): EventData[T][] {
  // The filter is what the type cannot follow.
  return entries.filter((entry) => entry.type === type).map(({ data }) => data as EventData[T])
}

async function allCommandLines(): Promise<string> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  return lines.join('\n')
}
