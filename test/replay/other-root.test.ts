/** Which recording answers another root call of the program that is replayed. */
import { expect, test } from 'vitest'
import type { RunStarted } from '../../src/log/events.ts'
import { memoryStore } from '../../src/log/memory.ts'
import type { LogStore } from '../../src/log/store.ts'
import { answerOf } from '../../src/replay/other-root.ts'
import { isReason, openRecording } from '../../src/replay/recording.ts'
import { startLog } from '../log/entries.ts'

const HEADER = { v: 1, root: 0, args: [], pid: 7, host: 'box', program: '/app/main.ts', cwd: '/app', argv: [], parent: null }

/** Records calls of one program, in this order: `first` ends with the name of its run. */
async function recorded(...runs: readonly (readonly [run: string, process: string, more?: Partial<RunStarted>])[]): Promise<LogStore> {
  const store = memoryStore()
  let day = 0
  for (const [run, process, more] of runs) {
    const log = startLog(store, store.create(run))
    const data = { ...HEADER, run, process, ...more } as never
    log.append({ type: 'run_started', by: 'runtime', scope: '/', data })
    log.append({ type: 'run_ended', by: 'runtime', scope: '/', data: { outcome: 'completed', result: run, duration_ms: (day += 1) } })
    await log.close()
  }
  return timed(store)
}

/** Each run began a minute after the one that was recorded before it, unless it was made from another. */
async function timed(store: LogStore): Promise<LogStore> {
  const names = (await store.list()).map(({ run }) => run).toSorted()
  const timeOf = (run: string) => `2026-11-21T09:${String(names.indexOf(run)).padStart(2, '0')}:00.000Z`
  return {
    ...store,
    async *read(run, options) {
      for await (const item of store.read(run, options)) {
        const isHeader = 'seq' in item && item.type === 'run_started'
        yield isHeader ? { ...item, time: timeOf(item.data.parent?.run ?? run) } : item
      }
    },
  }
}

async function answers(store: LogStore, run: string): Promise<unknown> {
  const asked = await openRecording(store, run)
  if (isReason(asked)) throw new Error(asked.message)
  const answer = await answerOf(store, asked, { process: 'first', nth: 0, args: [], site: null })
  return isReason(answer) ? answer.code : answer.run
}

test('the call of the same Node process answers, not an earlier or a later one with its id', async () => {
  const store = await recorded(['a-1', 'first'], ['a-2', 'second'], ['b-1', 'first'], ['b-2', 'second'], ['c-1', 'first'])
  expect(await answers(store, 'a-2')).toBe('a-1')
  expect(await answers(store, 'b-2')).toBe('b-1')
})

test('a call whose own recording is gone is not answered by that of an earlier process with the same id', async () => {
  const store = await recorded(['a-1', 'first'], ['a-2', 'second'], ['b-2', 'second'])
  expect(await answers(store, 'b-2')).toBe('ERR_REPLAY_OTHER_ROOT')
})

test('where the log says when the Node process began, nothing else is asked', async () => {
  const began = (second: number, cwd = '/app') => ({ node_started_at: `2026-11-21T08:00:0${second}.000Z`, cwd })
  // The first process ended after its first call; the next one with its id, in the same folder, began with the second.
  const store = await recorded(
    ['a-1', 'first', began(1)],
    ['b-1', 'second', began(2)],
    ['c-1', 'first', began(3)],
    ['c-2', 'second', began(3, '/')],
  )
  expect(await answers(store, 'b-1')).toBe('ERR_REPLAY_OTHER_ROOT')
  expect(await answers(store, 'c-2')).toBe('c-1')
})

test('a log that says when its process began is not of the process of one that does not', async () => {
  const store = await recorded(['a-1', 'first'], ['b-1', 'second', { node_started_at: '2026-11-21T08:00:00.000Z' }])
  expect(await answers(store, 'b-1')).toBe('ERR_REPLAY_OTHER_ROOT')
})

test('what was accepted as a new recording of a call does not answer for what was called', async () => {
  const parent = (run: string) => ({ parent: { run, seq: 1 } })
  const store = await recorded(['a-1', 'first'], ['a-2', 'second'], ['x-1', 'first', parent('a-1')], ['x-2', 'second', parent('a-2')])
  expect(await answers(store, 'a-2')).toBe('a-1')
  expect(await answers(store, 'x-2')).toBe('a-1')
})
