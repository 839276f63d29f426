import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { jsonlStore } from '../../src/log/jsonl.ts'
import { equalsMasked } from '../../src/replay/masked.ts'
import { replay } from '../../src/replay/replay.ts'
import { step } from '../../src/runtime/effects.ts'
import { agentProcess, emit } from '../../src/runtime/process.ts'
import { surroundedBy } from '../../src/runtime/surroundings.ts'
import { tempFolder } from './kept.ts'

test('what was masked may be anything, what stands around it may not', () => {
  const recorded = { text: 'use ‹masked:API_KEY› and ‹masked:aws_key›!', list: [1, '‹masked:jwt›'], plain: null }
  const now = { text: 'use abc and def!', list: [1, 'eyJ'], plain: null }
  expect(equalsMasked(recorded, now)).toBe(true)
  expect(equalsMasked(recorded, { ...now, text: 'use abc and def?' })).toBe(false)
  expect(equalsMasked(recorded, { ...now, text: 'use abc or def!' })).toBe(false)
  expect(equalsMasked(recorded, { ...now, text: 'use abc and !' })).toBe(false)
  expect(equalsMasked(recorded, { ...now, list: [2, 'eyJ'] })).toBe(false)
  expect(equalsMasked(recorded, { ...now, list: [1] })).toBe(false)
  expect(equalsMasked(recorded, { ...now, more: 1 })).toBe(false)
  expect(equalsMasked(recorded, { ...now, plain: 0 })).toBe(false)
})

test('without a mask only the same is equal', () => {
  expect(equalsMasked({ a: ['b', 1, true, null] }, { a: ['b', 1, true, null] })).toBe(true)
  expect(equalsMasked('a', 'b')).toBe(false)
  expect(equalsMasked([], {})).toBe(false)
  expect(equalsMasked({}, [])).toBe(false)
  expect(equalsMasked('1', 1)).toBe(false)
})

test('a masked name is found by what is left of it, and each name is used once', () => {
  expect(equalsMasked({ 'key ‹masked:TOKEN›': 1 }, { 'key abc': 1 })).toBe(true)
  expect(equalsMasked({ '‹masked:TOKEN›': 1, '‹masked:TOKEN› 2': 2 }, { abc: 1, 'abc 2': 2 })).toBe(true)
  expect(equalsMasked({ '‹masked:TOKEN›': 1 }, { abc: 2 })).toBe(false)
  expect(equalsMasked({ '‹masked:TOKEN›': 1, plain: 2 }, { plain: 2, abc: 1 })).toBe(true)
})

test('a recording whose secrets were masked is identical where nobody has them any more', async () => {
  const token = 'k3y-9f8a7b6c5d4e3f2a1b0c9d8e'
  const long = `${'x'.repeat(70_000)} ${token}`
  const process = agentProcess('secretive', async () => {
    const answer = await step('ask', () => ({ token, long }))
    emit('asked', answer)
    return `used ${(answer as { token: string }).token}`
  })
  const folder = tempFolder()
  let run = ''
  const env = { RAMURE_HOME: folder, SERVICE_API_KEY: token }
  await surroundedBy({ store: jsonlStore(folder), env, onEntry: (_, id) => void (run = id) }, process)
  const log = readFileSync(join(folder, run, 'events.jsonl'), 'utf8')
  expect(log).toContain('‹masked:')
  expect(log).toContain('$blob')
  expect(log).not.toContain(token)
  expect(await replay(process, join(folder, run))).toMatchObject({ verdict: 'identical', divergences: [] })
})

test('what stands around a mask, or at the end of a long text, is still compared', async () => {
  const ending = (end: string) => agentProcess('long', async () => void emit('said', { text: `${'x'.repeat(70_000)}${end}` }))
  const folder = tempFolder()
  let run = ''
  await surroundedBy({ store: jsonlStore(folder), env: { RAMURE_HOME: folder }, onEntry: (_, id) => void (run = id) }, ending('one'))
  expect(await replay(ending('one'), join(folder, run))).toMatchObject({ verdict: 'identical' })
  expect((await replay(ending('two'), join(folder, run))).divergences[0]).toMatchObject({
    class: 'changed',
    changes: [{ path: 'data.text' }],
  })
})
