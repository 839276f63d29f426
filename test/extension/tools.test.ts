import { expect, test } from 'vitest'
import type { PiApi, PiTool } from '../../extension/pi-api.ts'
import { createToolbox } from '../../extension/tools.ts'

function setUp() {
  const registered: PiTool[] = []
  const sent: { call_id?: string; params?: unknown }[] = []
  const pi = { registerTool: (tool: PiTool) => void registered.push(tool) } as unknown as PiApi
  const tools = createToolbox({ pi, boot: 'b', send: (_type, data) => `b:${sent.push(data)}` })
  tools.offer({ name: 'ask', description: 'Asks.\nAt length.', parameters: { type: 'object' } })
  const call = (id: string, params: unknown = {}, signal?: AbortSignal): Promise<string | undefined> =>
    (registered.at(-1) as PiTool).execute(id, params, signal).then(({ content }) => content[0]?.text)
  return { registered, sent, tools, call }
}

test('a tool is registered again only when it has changed', () => {
  const { registered, tools } = setUp()
  tools.offer({ name: 'ask', description: 'Asks.\nAt length.', parameters: { type: 'object' } })
  expect(registered).toHaveLength(1)
  expect(registered[0]).toMatchObject({ name: 'ask', label: 'ask', promptSnippet: 'Asks.' })
  tools.offer({ name: 'ask', description: 'Asks.', parameters: { type: 'object' } })
  expect(registered).toHaveLength(2)
})

test('a text goes to the model as it is, anything else as JSON, an error as an error', async () => {
  const { tools, call } = setUp()
  const results = [call('1'), call('2'), call('3'), call('4')]
  tools.answer({ call_id: 'b:2', result: { a: [1] } })
  tools.answer({ call_id: 'b:1', result: 'plain "text"' })
  tools.answer({ call_id: 'b:3' })
  tools.answer({ call_id: 'b:4', error: 'no' })
  expect(await Promise.all(results.slice(0, 3))).toEqual(['plain "text"', '{"a":[1]}', 'null'])
  await expect(results[3]).rejects.toThrow('no')
})

test('an id that the provider repeats makes a call of its own', async () => {
  const { tools, sent, call } = setUp()
  const calls = [call('same'), call('same')]
  expect(sent.map(({ call_id }) => call_id)).toEqual(['b:same', 'b:same#2'])
  tools.answer({ call_id: 'b:same#2', result: 'second' })
  tools.answer({ call_id: 'b:same', result: 'first' })
  expect(await Promise.all(calls)).toEqual(['first', 'second'])
})

test('what is aborted, refused or left open at the end is rejected', async () => {
  const { tools, call } = setUp()
  const abort = new AbortController()
  const [aborted, refused, open] = [call('1', {}, abort.signal), call('2'), call('3')]
  abort.abort()
  tools.refuse('b:2', 'too large')
  tools.refuseAll('The run has ended.')
  await expect(aborted).rejects.toThrow('aborted')
  await expect(refused).rejects.toThrow('too large')
  await expect(open).rejects.toThrow('The run has ended.')
})

test('arguments that no server would take are told to the model instead of being sent', async () => {
  const { sent, call } = setUp()
  await expect(call('1', { text: 'x'.repeat(4_000_000) })).rejects.toThrow('4000011 bytes')
  const deep = Array.from({ length: 70 }).reduce<unknown>((inner) => [inner], 1)
  await expect(call('2', deep)).rejects.toThrow('deeper than 60')
  expect(sent).toEqual([])
})
