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
  await viewer.resume(last)
  expect(viewer.seqs).toEqual(upTo(last))
  const following = follower.resume()
  await run.finish()
  const { seqs, warnings } = await following
  expect(seqs).toEqual(upTo(seqs.length))
  expect(warnings).toContain('WARN_CLIENT_SLOW')
})
