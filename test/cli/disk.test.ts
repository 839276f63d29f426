/** Room for logs: how much there is, and what doctor says of it. */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { freeBytes } from '../../src/cli/disk.ts'
import { roomFinding } from '../../src/cli/doctor-runs.ts'
import { makeHome, ramure } from './home.ts'

describe('the room for logs', () => {
  it('is that of the disk, also for a folder that is still to be made, and unknown where there is no disk', async () => {
    const { root } = makeHome()
    const [here, below] = [await freeBytes(root), await freeBytes(join(root, 'not', 'yet'))]
    expect(here).toBeGreaterThan(0)
    // Others write on the same disk meanwhile.
    expect(Math.abs((here ?? 0) - (below ?? 0))).toBeLessThan((here ?? 0) / 2)
    if (process.platform === 'linux') expect(await freeBytes('/proc/1')).toBeNull()
  })

  it('is a failure when a run could not write its log, a warning before that, and each has a fix', () => {
    expect(roomFinding(8192, '/x')).toMatchObject({
      verdict: 'fail',
      message: '8.2 kB free where logs are written: runs end when their log cannot be written',
      fix: 'ramure gc --keep 30d, or make room around /x',
    })
    expect(roomFinding(100e6, '/x')).toMatchObject({ verdict: 'warn', fix: expect.stringContaining('ramure gc') })
    expect(roomFinding(1e12, '/x')).toMatchObject({ verdict: 'ok', fix: null })
  })

  it('is told by doctor', async () => {
    expect((await ramure(makeHome(), ['doctor'], { env: { RAMURE_PI: '/nowhere/pi' } })).stdout).toMatch(
      /disk {5}.* free where logs are written/,
    )
  })
})
