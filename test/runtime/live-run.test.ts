import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Entry } from '../../src/log/events.ts'
import { machine } from '../../src/runtime/machine-record.ts'
import { agentProcess } from '../../src/runtime/process.ts'
import { surroundedBy } from '../../src/runtime/surroundings.ts'
import { record, temporaryHome } from './harness.ts'

test('a run that cannot open its control socket has an end in its log: it did not vanish', async () => {
  const home = temporaryHome()
  writeFileSync(join(home, 'runtimes'), 'in the way')
  const begun: unknown[] = []
  const main = agentProcess('main', async () => void begun.push(1))

  const failure = await surroundedBy({ env: { RAMURE_HOME: home } }, () => main()).catch((error: unknown) => error as Error)

  const [run = ''] = readdirSync(join(home, 'logs'))
  const lines = readFileSync(join(home, 'logs', run, 'events.jsonl'), 'utf8')
    .trim()
    .split('\n')
  const last = JSON.parse(lines.at(-1) ?? '') as Entry
  expect(failure).toBeInstanceOf(Error)
  expect(begun).toEqual([])
  expect(last).toMatchObject({ type: 'run_ended', data: { outcome: 'failed', error: { message: (failure as Error).message } } })
})

test('the runs of one Node process say that it began at the same moment, before any of them', async () => {
  const [first, second] = [await record(async () => 1), await record(async () => 2)]
  const [one, other] = [first.of('run_started')[0], second.of('run_started')[0]]
  expect(one?.data.node_started_at).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
  expect(other?.data.node_started_at).toBe(one?.data.node_started_at)
  expect(Date.parse(one?.data.node_started_at ?? '')).toBeLessThan(Date.parse(one?.time ?? ''))
})

test('what a run starts on a machine bears its name: when the runtime is killed, doctor can find it', async () => {
  const home = temporaryHome()
  const main = agentProcess('main', async () => (await (await machine()).exec('echo "$RAMURE_EXECUTION_ID"')).stdout.trim())
  const said = await surroundedBy({ env: { RAMURE_HOME: home } }, () => main())
  expect([said]).toEqual(readdirSync(join(home, 'logs')))
})
