/** Arguments that the log cannot hold as they were: said live, and suspected in the replay. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Entry } from '../../src/log/events.ts'
import { memoryStore } from '../../src/log/memory.ts'
import { replay } from '../../src/replay/replay.ts'
import { step } from '../../src/runtime/effects.ts'
import { type AgentProcess, agentProcess, emit } from '../../src/runtime/process.ts'
import { surroundedBy } from '../../src/runtime/surroundings.ts'
import { tempFolder } from './kept.ts'

const lines = readFileSync(import.meta.filename, 'utf8').split('\n')
const TOKEN = 'k3y-9f8a7b6c5d4e3f2a1b0c9d8e'

test('a Date is warned of with its path and its line, and is a suspect where the replay decides otherwise', async () => {
  const due = agentProcess('due', async (task: { when: Date }) => void emit('year', task.when.getFullYear()))
  const { entries, verdict } = await recordAndReplay(due, () => due({ when: new Date(0) })) // passes a Date
  const line = lines.findIndex((each) => each.endsWith('// passes a Date')) + 1
  expect(warningsOf(entries)).toMatchObject([
    {
      code: 'ERR_ARGUMENT_LOST',
      message: expect.stringContaining("Argument 0.when of 'due' is a Date"),
      site: expect.stringContaining(`:${line}:`),
    },
  ])
  expect(verdict.verdict).toBe('diverged')
  expect(verdict.divergences.map(({ now }) => now?.type)).toContain('process_failed')
  expect(verdict.suspects).toContainEqual({ what: 'an argument that JSON cannot hold', site: expect.stringContaining(`:${line}:`) })
})

test('plain arguments, and what is only left out at their end, are not warned of', async () => {
  const plain = agentProcess('plain', async (task: object, limit = 3) => void emit('begin', { task, limit }))
  const { entries, verdict } = await recordAndReplay(plain, () => plain({ list: [1, null], note: undefined }, undefined))
  expect(warningsOf(entries)).toEqual([])
  expect(verdict).toMatchObject({ verdict: 'identical' })
})

test('a secret that is only passed on compares equal to its mask', async () => {
  const login = agentProcess('login', async (token: string) => void emit('login', { header: `Bearer ${token}` }))
  const { entries, verdict } = await recordAndReplay(login, () => login(TOKEN))
  expect(JSON.stringify(entries)).not.toContain(TOKEN)
  expect(verdict).toMatchObject({ verdict: 'identical', suspects: [] })
})

test('a decision that rests on a masked value names where it was masked', async () => {
  const login = agentProcess('login', async (token: string) => {
    const again = await step('read', () => ({ token }))
    emit('length', token.length + JSON.stringify(again).length)
  })
  const { verdict } = await recordAndReplay(login, () => login(TOKEN))
  expect(verdict).toMatchObject({ verdict: 'diverged', divergences: [{ class: 'changed' }] })
  expect(verdict.suspects.map(({ what }) => what)).toEqual([
    expect.stringMatching(/^a secret that was masked in #\d+ step_result$/),
    'a secret that was masked in argument 0',
  ])
})

async function recordAndReplay(process: AgentProcess<never, unknown>, call: () => Promise<unknown>) {
  const store = memoryStore()
  const entries: Entry[] = []
  let run = ''
  const onEntry = (entry: Entry, id: string) => {
    run = id
    entries.push(entry)
  }
  await surroundedBy({ store, onEntry, env: { RAMURE_HOME: tempFolder(), SERVICE_API_KEY: TOKEN } }, call)
  return { entries, verdict: await replay(process, run, { store }) }
}

function warningsOf(entries: readonly Entry[]) {
  return entries.flatMap((entry) => (entry.type === 'warning' ? [entry.data] : []))
}
