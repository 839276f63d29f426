import { afterAll, beforeAll, expect, test } from 'vitest'
import { messageScript } from '../../src/testing/message-script.ts'
import type { ModelMessage, ModelRequest } from '../../src/testing/model-request.ts'
import { type ModelServer, startModelServer } from '../../src/testing/model-server.ts'

let server: ModelServer
beforeAll(async () => void (server = await startModelServer({ requestsMax: 3 })))
afterAll(() => server.close())

interface Chunk {
  readonly choices: {
    delta: {
      content?: string
      reasoning_content?: string
      tool_calls?: { index: number; id?: string; function: { name?: string; arguments: string } }[]
    }
    finish_reason: string | null
  }[]
  readonly usage?: object
}

test('an answer is streamed in chunks and ends with usage', async () => {
  const chunks = await ask([
    { role: 'system', content: 'be brief' },
    { role: 'user', content: [{ type: 'text', text: 'think hard say hello 🦉' }] },
  ])
  expect(chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta.content ?? '')).join('')).toBe('hello 🦉')
  expect(chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta.reasoning_content ?? '')).join('')).toBe('hard')
  expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop')
  expect(chunks.at(-1)?.usage).toEqual({ prompt_tokens: 8, completion_tokens: 3, total_tokens: 11 })
  expect(server.requests.at(-1)).toEqual({
    model: 'm',
    system: 'be brief',
    messages: [{ role: 'user', text: 'think hard say hello 🦉', calls: [] }],
    tools: ['t'],
  })
})

test('parallel calls are put together by index, with ids that go on through the conversation', async () => {
  const earlier = {
    role: 'assistant',
    content: null,
    tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'a', arguments: '{}' } }],
  }
  const long = 'x'.repeat(1000)
  const chunks = await ask([
    earlier,
    { role: 'tool', content: 'ok', tool_call_id: 'call_1' },
    { role: 'user', content: `calls a {"n":1} && b {"text":"${long}"}` },
  ])
  const parts = chunks.flatMap(({ choices }) => choices.flatMap(({ delta }) => delta.tool_calls ?? []))
  const argumentsOf = (index: number): unknown =>
    JSON.parse(
      parts
        .filter((part) => part.index === index)
        .map((part) => part.function.arguments)
        .join(''),
    )
  expect(parts.flatMap(({ id, function: { name } }) => (id ? [`${id} ${name}`] : []))).toEqual(['call_2 a', 'call_3 b'])
  expect([argumentsOf(0), argumentsOf(1)]).toEqual([{ n: 1 }, { text: long }])
  expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('tool_calls')
})

test('without the key nothing is answered and nothing recorded', async () => {
  const before = server.requests.length
  for (const authorization of [undefined, 'Bearer wrong', `Bearer ${server.key}x`, server.key]) {
    expect((await post({ model: 'm', messages: [] }, authorization ?? '')).status).toBe(401)
  }
  expect(server.requests).toHaveLength(before)
})

test('what is no request is refused and the server goes on', async () => {
  for (const body of ['{', '[]', '{}', '{"model":"m"}', '{"model":"m","messages":[{"role":"alien"}]}'])
    expect((await post(body)).status).toBe(400)
  expect((await fetch(`${server.url}/nothing`, { headers: { authorization: `Bearer ${server.key}` } })).status).toBe(404)
  expect((await fetch(`${server.url}/models`, { headers: { authorization: `Bearer ${server.key}` } })).status).toBe(200)
  expect(await ask([{ role: 'user', content: 'say still here' }])).not.toEqual([])
})

test('errors are statuses, and a script that cannot be read is one that is not tried again', async () => {
  expect((await post({ model: 'm', messages: [{ role: 'user', content: 'error 429' }] })).status).toBe(429)
  const unreadable = await post({ model: 'm', messages: [{ role: 'user', content: 'call tool {broken' }] })
  expect([unreadable.status, await unreadable.text()]).toEqual([400, expect.stringContaining('script of the model failed')])
})

test('only the newest requests are kept', async () => {
  for (const text of ['1', '2', '3', '4']) await ask([{ role: 'user', content: `say ${text}` }])
  expect(server.requests.map(({ messages }) => messages[0]?.text)).toEqual(['say 2', 'say 3', 'say 4'])
})

test('close() ends an answer that hangs and one that is delayed', async () => {
  const own = await startModelServer({
    respond: ({ messages }) => (messages[0]?.text === 'hang' ? { kind: 'hang' } : { kind: 'say', text: 'late', delayMs: 60_000 }),
  })
  const body = (text: string) => ({
    method: 'POST',
    headers: { authorization: `Bearer ${own.key}` },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: text }] }),
  })
  const hanging = await fetch(`${own.url}/chat/completions`, body('hang'))
  const delayed = fetch(`${own.url}/chat/completions`, body('wait'))
  delayed.catch(() => {})
  expect(hanging.status).toBe(200)
  const closed = own.close()
  await expect(hanging.text()).rejects.toThrow()
  await expect(delayed).rejects.toThrow()
  await closed
})

test('a script goes on step by step, keeps to the newest message that has one, and then repeats the last answer', () => {
  const user = (text: string): ModelMessage => ({ role: 'user', text, calls: [] })
  const assistant: ModelMessage = { role: 'assistant', text: '', calls: [] }
  const tool = (text: string): ModelMessage => ({ role: 'tool', text, calls: [] })
  const step = (...messages: ModelMessage[]) => messageScript({ model: 'm', system: '', messages, tools: [] } satisfies ModelRequest)
  const script = user('Hello!\n[From: bob] call a {"x":1} ;; sleep 5 say b')
  expect(step(script)).toEqual({ kind: 'call', calls: [{ tool: 'a', args: { x: 1 } }] })
  expect(step(script, assistant, tool('A'))).toEqual({ kind: 'say', text: 'b', delayMs: 5 })
  expect(step(script, assistant, tool('A'), user('a note'))).toEqual({ kind: 'say', text: 'b', delayMs: 5 })
  expect(step(script, assistant, tool('A'), assistant)).toEqual({ kind: 'say', text: 'done A' })
  expect(step(script, assistant, tool('A'), user('hang'))).toEqual({ kind: 'hang' })
  expect(step(user('no script here'))).toEqual({ kind: 'say', text: 'done' })
})

function post(body: unknown, authorization = `Bearer ${server.key}`): Promise<Response> {
  return fetch(`${server.url}/chat/completions`, {
    method: 'POST',
    headers: { authorization },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}

async function ask(messages: unknown[]): Promise<Chunk[]> {
  const response = await post({ model: 'm', messages, tools: [{ type: 'function', function: { name: 't' } }] })
  const lines = (await response.text()).split('\n').filter((line) => line.startsWith('data: {'))
  return lines.map((line) => JSON.parse(line.slice(6)) as Chunk)
}
