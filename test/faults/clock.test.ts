import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { verifyRun } from '../../src/log/verify.ts'
import { until } from '../e2e/world.ts'
import { expectKept, runsIn, startRuntime } from './runtime.ts'

test('a clock that goes back by an hour, twice: time in the log stands still instead, and timers go on', async () => {
  const home = mkdtempSync(join(tmpdir(), 'rc-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  const preload = new URL('../fixtures/clock-back.ts', import.meta.url).href
  const runtime = startRuntime({
    home,
    agents: 1,
    load: { inFlight: 1, text: () => 'short', paceMs: 5 },
    nodeArgs: ['--import', preload],
    env: { LOADED_TICKS: '1' },
  })
  await runtime.connected
  const [run = ''] = runsIn(join(home, 'logs'))
  const ticks = () => readFileSync(join(home, 'logs', run, 'events.jsonl'), 'utf8').split('"type":"timer_fired"').length - 1
  // A timer that waited for the old hour would never be seen to fire.
  for (const wanted of [3, 10]) {
    await until(() => ticks() >= wanted)
    runtime.kill('SIGUSR2')
  }
  await until(() => ticks() >= 30)
  runtime.kill('SIGTERM')
  const entries = await expectKept(join(home, 'logs'), run, (await runtime.ended).acknowledged)
  const last = entries.at(-1)
  const times = entries.map(({ time }) => time)
  expect(times).toEqual(times.toSorted())
  // What came after the jumps has the time from before them, not one of an hour ago.
  expect(Date.parse(times.at(-1) ?? '') - Date.parse(times[0] ?? '')).toBeLessThan(600_000)
  expect(last).toMatchObject({ type: 'run_ended', data: { outcome: 'cancelled' } })
  expect(last?.type === 'run_ended' ? last.data.duration_ms : null).toBeGreaterThanOrEqual(0)
  expect(await verifyRun(join(home, 'logs'), run)).toMatchObject({ verdict: 'whole', checksum: { result: 'ok' } })
})
