import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { upTo } from './client.ts'
import { floodedRun, type Memory } from './stalled.ts'

const STALLED_MS = 60_000
const BATCH = 100
const BYTES = 4_000
const MB = 1_000_000

test('readers that do not read for a minute cost what they cost after five seconds, and miss nothing', async () => {
  const run = await floodedRun()
  await run.flood(2_000, BYTES)
  const [viewer, follower] = await Promise.all([run.stalledViewer(), run.stalledFollower()])
  const samples: (Memory & { readonly events: number })[] = []
  let slowestMs = 0
  let events = 0
  const startedMs = performance.now()
  for (let n = 1; performance.now() - startedMs < STALLED_MS; n += 1) {
    const batchMs = performance.now()
    await run.flood(BATCH, BYTES)
    events += BATCH
    slowestMs = Math.max(slowestMs, performance.now() - batchMs)
    // A pace, not a wait for anything: 100 events every fifth of a second, 2 MB a second.
    await pause(Math.max(0, 200 - (performance.now() - batchMs)))
    if (n % 25 === 0) samples.push({ ...(await run.memory()), events })
  }
  const [early, late] = [samples[0], samples.at(-1)] as [Memory & { events: number }, Memory & { events: number }]
  const perEvent = (late.heapUsed - early.heapUsed) / (late.events - early.events)
  console.log(`${events} events; waiting bytes ${samples.map(({ arrayBuffers }) => (arrayBuffers / MB).toFixed(1)).join(' ')} MB`)
  console.log(
    `heap ${samples.map(({ heapUsed }) => (heapUsed / MB).toFixed(0)).join(' ')} MB, slowest batch of ${BATCH} took ${slowestMs.toFixed(0)} ms`,
  )
  expect(Math.max(...samples.map(({ arrayBuffers }) => arrayBuffers))).toBeLessThan(12 * MB)
  expect(perEvent).toBeLessThan(BYTES / 10)

  const last = run.agent.lastSeq()
  // It answered no ping for a minute, but what waits for it says that it is only slow: it is kept, and told.
  expect(await viewer.resume(last)).toEqual({ reconnected: false })
  expect(viewer.seqs).toEqual(upTo(last))
  expect(viewer.lagged).toEqual([{ from: expect.any(Number), to: last }])
  const following = follower.resume()
  await run.finish()
  const { seqs, warnings, lagged } = await following
  expect(seqs).toEqual(upTo(seqs.length))
  expect(lagged).toEqual([{ from: expect.any(Number), to: expect.any(Number), behind: expect.any(Number) }])
  const [missed] = lagged as { readonly from: number; readonly to: number; readonly behind: number }[]
  // It stopped in the middle of history: what it missed is what was written since.
  expect(missed?.from).toBeGreaterThan(missed?.behind ?? 0)
  expect(warnings).toContain('WARN_CLIENT_SLOW')
})
