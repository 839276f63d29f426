import { execa } from 'execa'
import { expect, test } from 'vitest'
import { sweep } from '../../src/machines/sweep.ts'

test('only what carries every mark is killed, also what has left its group and keeps starting others', async () => {
  const mark = `RAMURE_SWEEP=${crypto.randomUUID()}`
  const env = { RAMURE_SWEEP: mark.slice(13), OTHER: 'yes' }
  const forking = execa('bash', ['-c', 'while true; do sleep 9 & sleep 0.01; done'], {
    env,
    detached: true,
    reject: false,
    stdio: 'ignore',
  })
  const spared = execa('sleep', ['60'], { env: { RAMURE_SWEEP: env.RAMURE_SWEEP }, reject: false })
  await execa('true')

  expect(await sweep([mark, 'OTHER=yes'], 5000)).toBeGreaterThan(0)
  expect((await forking).signal).toBe('SIGKILL')
  expect(await sweep([mark, 'OTHER=yes'], 0)).toBe(0)
  expect(process.kill(spared.pid ?? 0, 0)).toBe(true)
  expect(await sweep([mark], 5000)).toBe(1)
  expect((await spared).signal).toBe('SIGKILL')
})
