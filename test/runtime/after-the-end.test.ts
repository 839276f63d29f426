/** Code of a process that goes on after the run is over: it gets nothing done, and nothing of it is in the log. */
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { LogStore } from '../../src/log/store.ts'
import { step } from '../../src/runtime/effects.ts'
import { expose } from '../../src/runtime/endpoint.ts'
import { agentProcess, type ProcessHandle, spawn, wait } from '../../src/runtime/process.ts'
import { scopeNow, within } from '../../src/runtime/scope.ts'
import { watchedStore } from './failing-store.ts'
import { codeOf, record, start } from './harness.ts'

const child = agentProcess('child', async () => {
  expose('hello', () => 'hello')
  return wait()
})

/** Runs a process that leaves behind a function which acts in its name. */
async function leaving<T>(act: (handle: ProcessHandle) => T, store?: LogStore) {
  let later: (() => T) | null = null
  const main = async () => {
    const handle = spawn(child)
    const scope = scopeNow()
    later = () => (scope ? within(scope, () => act(handle)) : act(handle))
    await step('begun', () => null)
  }
  const recording = await record(main, { reruns: false, ...(store && { store }) })
  return { recording, later: later as unknown as () => T }
}

test('a file that it reads is read, without a word: the log that would be warned is closed', async () => {
  const { later } = await leaving(() => readFileSync(import.meta.filename, 'utf8'))
  expect(later()).toContain('without a word')
})

test('a file that it reads is read also when the log could not be written any more', async () => {
  const { recording, later } = await leaving(() => readFileSync(import.meta.filename, 'utf8'), watchedStore({ flush: 3 }))
  expect(recording.error()).toMatchObject({ code: 'ERR_LOG_DEAD' })
  expect(later()).toContain('could not be written')
})

test('an endpoint that it calls is refused, and so is a step', async () => {
  const { recording, later } = await leaving((handle) =>
    Promise.all([codeOf(() => handle.call('hello')), codeOf(() => step('late', () => 1))]),
  )
  expect(await later()).toEqual(['ERR_SCOPE_CLOSED', 'ERR_SCOPE_CLOSED'])
  expect(recording.entries.at(-1)?.type).toBe('run_ended')
})

test('between the end of the run and that of its log nothing is added either', async () => {
  const said: (string | undefined)[] = []
  const main = async () => {
    const handle = spawn(child)
    const scope = scopeNow()
    void live.until('run_ended').then(async () => {
      if (!scope) return
      said.push(await codeOf(() => within(scope, () => handle.call('hello'))))
      within(scope, () => readFileSync(import.meta.filename))
    })
    await step('begun', () => delay(1))
  }
  const live = start(main, { reruns: false })
  const { entries } = await live.ended
  expect(entries.at(-1)?.type).toBe('run_ended')
  expect(said).toEqual(['ERR_SCOPE_CLOSED'])
})

test('a process that it calls gives a promise that rejects, as every call of one does', async () => {
  const { later } = await leaving(() => child().catch(({ code }: { code: string }) => code))
  expect(await later()).toBe('ERR_SCOPE_CLOSED')
})
