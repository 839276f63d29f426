import { once } from 'node:events'
import { execa } from 'execa'
import { expect, test } from 'vitest'
import { lookAt, signalName } from '../../src/machines/process-status.ts'

/** A parent that never asks how its child ended, as tmux does not for a while. */
const CARELESS =
  'import os, sys, time\npid = os.fork()\nif pid == 0:\n  WHAT\nos.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)\nprint(pid, flush=True)\ntime.sleep(60)'

test.each([
  ['os._exit(7)', { code: 7, signal: null }],
  ['os.kill(os.getpid(), 9)', { code: null, signal: 'SIGKILL' }],
])('a child that nobody has reaped shows how it ended: %s', async (what, status) => {
  const parent = execa('python3', ['-c', CARELESS.replace('WHAT', what)], { reject: false })
  const [line] = await once(parent.stdout, 'data')
  expect(lookAt(Number(line))).toEqual(status)
  expect(lookAt(parent.pid ?? 0)).toBe('alive')
  parent.kill('SIGKILL')
  await parent
  expect(lookAt(parent.pid ?? 0)).toBe('gone')
})

test('a signal has one name', () => {
  expect(['9', 'KILL', 'SIGKILL', 'hup', null].map(signalName)).toEqual(['SIGKILL', 'SIGKILL', 'SIGKILL', 'SIGHUP', null])
})
