/** A log of several hundred megabytes: whoever folds it needs blocks of it and the state, never the file. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { writeLongLog } from '../../bench/support/long-log.ts'
import type { Took } from '../../bench/support/read-case.ts'

const CASE = fileURLToPath(new URL('../../bench/support/read-case.ts', import.meta.url))

test('the memory of a fold is that of its state and a few blocks, not that of the file', { timeout: 300_000 }, () => {
  const logs = mkdtempSync(join(tmpdir(), 'ramure-reading-'))
  onTestFinished(() => rmSync(logs, { recursive: true }))
  const [short, long] = ['calm-koala-00000000', 'brisk-otter-00000000']
  writeLongLog(logs, short, 100_000)
  expect(statSync(writeLongLog(logs, long, 900_000)).size).toBeGreaterThan(300 * 2 ** 20)
  const rssMb = (run: string, name: string): number =>
    (JSON.parse(execFileSync(process.execPath, [CASE, logs, run, name], { encoding: 'utf8' })) as Took).rssMb
  for (const name of ['skim', 'fold', 'parse and fold']) {
    // Measured: 123, 165 and 115 MB, of which Node has 45. The file alone has 360.
    const [ofShort, ofLong] = [rssMb(short, name), rssMb(long, name)]
    expect(ofLong, name).toBeLessThan(220)
    expect(ofLong - ofShort, name).toBeLessThan(90)
  }
})
