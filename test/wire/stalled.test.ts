import { expect, test } from 'vitest'
import { upTo } from './client.ts'
import { floodedRun } from './stalled.ts'

const BYTES = 4_000
const MB = 1_000_000

test('readers that stop reading cost a bounded amount of memory, hold nobody up, and miss nothing', { timeout: 60_000 }, async () => {
  const run = await floodedRun()
  await run.flood(2_000, BYTES)
  const alone = await run.memory()
  const [viewer, follower] = await Promise.all([run.stalledViewer(), run.stalledFollower()])
  // 24 MB for each of them: far more than the kernel takes and what may wait.
  await run.flood(6_000, BYTES)
  const beside = await run.memory()
  expect(beside.arrayBuffers).toBeLessThan(10 * MB)
  expect(beside.heapUsed - alone.heapUsed).toBeLessThan(6 * MB)

  const last = run.agent.lastSeq()
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
