import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { expose } from '../../src/runtime/endpoint.ts'
import { type Machine, machine } from '../../src/runtime/machine-record.ts'
import { agentProcess, emit, spawn } from '../../src/runtime/process.ts'
import { codeOf, record, temporaryHome } from './harness.ts'

test('a call that its process does not live to begin is answered', async () => {
  const child = agentProcess('child', async () => {
    expose('slow', () => new Promise(() => {}))
    await new Promise(() => {})
  })
  const recording = await record(async () => {
    const running = spawn(child)
    const answer = running.call('slow')
    void running.cancel()
    return codeOf(() => answer)
  })
  expect(recording.value()).toBe('ERR_PROCESS_ENDED')
})

test('a machine that was stopped says so with a code', async () => {
  let kept: Machine | null = null
  const recording = await record(async () => {
    await agentProcess('owner', async () => void (kept = await machine()))()
    return codeOf(() => kept?.exec('true'))
  })
  expect(recording.value()).toBe('ERR_MACHINE_GONE')
})

test('a run that was asked to read a pipe nobody writes to, or to write one nobody reads, can end', async () => {
  const home = temporaryHome()
  const pipe = join(home, 'pipe')
  execFileSync('mkfifo', [pipe])
  const recording = await record(
    async () => {
      const box = await machine()
      return [await codeOf(() => box.readFile(pipe)), await codeOf(() => box.writeFile(pipe, 'x'))]
    },
    { home },
  )
  expect(recording.value()).toEqual(['EINVAL', 'ENXIO'])
})

test('an argument that was left undefined at the end takes its default again in a rerun', async () => {
  const recording = await record(async (first: number, second = 5) => void emit('got', first + second), { args: [1, undefined, undefined] })
  expect(recording.of('run_started')[0]?.data.args).toEqual([1])
  expect(recording.of('emit')[0]?.data.data).toBe(6)
})
