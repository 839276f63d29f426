import { describe, expect, test } from 'vitest'
import type { Entry } from '../../src/log/events.ts'
import { jsonlStore } from '../../src/log/jsonl.ts'
import { contradictionIn } from '../../src/replay/contradiction.ts'
import { replay } from '../../src/replay/replay.ts'
import { agent } from '../../src/runtime/agent.ts'
import { sleep, step } from '../../src/runtime/effects.ts'
import { agentProcess } from '../../src/runtime/process.ts'
import { entriesOf, keep, tempFolder } from './kept.ts'

const process = agentProcess('main', async () => {
  const worker = await agent('worker')
  await step('look', () => 1)
  await sleep(5)
  await worker.send('done')
})

async function recorded(): Promise<readonly Entry[]> {
  const folder = tempFolder()
  await keep(process, folder, 'run')
  return entriesOf(folder, 'run')
}

const edits: readonly (readonly [name: string, edit: (entry: Entry, seqOf: (type: string) => number) => object, said: RegExp])[] = [
  [
    'answers what was not asked',
    (entry) => (entry.type === 'step_result' ? { cause: 2 } : {}),
    /step_result answers #2, which is process_spawned/,
  ],
  ['answers nothing', (entry) => (entry.type === 'timer_fired' ? { cause: undefined } : {}), /timer_fired answers nothing/],
  ['is of another kind', (entry, seqOf) => (entry.type === 'timer_fired' ? { cause: seqOf('step_started') } : {}), /which is step_started/],
  [
    'is of an agent that nobody created',
    (entry) => (entry.type === 'register' ? { agent: 'ghost' } : {}),
    /register is of the agent 'ghost'/,
  ],
  ['comes before its cause', (entry) => (entry.type === 'message' ? { cause: 900 } : {}), /put down to #900, which comes after it/],
]

describe('a log whose lines are whole and contradict each other', () => {
  test.for(edits)('is told by the entry that %s', async ([, edit, said]) => {
    const entries = await recorded()
    const seqOf = (type: string) => entries.find((entry) => entry.type === type)?.seq ?? 0
    expect(contradictionIn(entries)).toBeNull()
    expect(contradictionIn(entries.map((entry) => ({ ...entry, ...edit(entry, seqOf) }) as Entry))).toMatch(said)
  })

  test('is told by a question that is answered twice', async () => {
    const entries = await recorded()
    const answer = entries.find((entry) => entry.type === 'step_result') as Entry
    const twice = [...entries, { ...answer, seq: entries.length + 1 }] as readonly Entry[]
    expect(contradictionIn(twice)).toMatch(/step_result answers #\d+, which was answered before/)
  })

  test('cannot be replayed', async () => {
    const folder = tempFolder()
    const path = await keep(process, folder, 'run')
    const store = jsonlStore(folder)
    const forged = { ...store, read: (run: string) => forge(store.read(run)) }
    expect(await replay(process, 'run', { store: forged })).toMatchObject({
      verdict: 'cannot_tell',
      reason: { code: 'ERR_LOG_CORRUPT', message: expect.stringContaining('contradicts itself: #') },
    })
    expect(await replay(process, path)).toMatchObject({ verdict: 'identical' })
  })
})

async function* forge<T>(entries: AsyncIterable<T>): AsyncGenerator<T> {
  for await (const entry of entries) yield (entry as Entry).type === 'step_result' ? { ...entry, cause: 1 } : entry
}
