/** A log of several hundred megabytes: what folds it needs the memory of one of twenty. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { writeLongLog } from '../../bench/support/long-log.ts'
import type { Took } from '../../bench/support/read-case.ts'

const CASE = fileURLToPath(new URL('../../bench/support/read-case.ts', import.meta.url))

test('the memory of a fold does not depend on the size of the file', { timeout: 300_000 }, () => {
  const logs = mkdtempSync(join(tmpdir(), 'ramure-reading-'))
  onTestFinished(() => rmSync(logs, { recursive: true }))
  const [short, long] = ['calm-koala-00000000', 'brisk-otter-00000000']
  writeLongLog(logs, short, 100_000)
  expect(statSync(writeLongLog(logs, long, 900_000)).size).toBeGreaterThan(300 * 2 ** 20)
  const rssMb = (run: string, name: string): number =>
    (JSON.parse(execFileSync(process.execPath, [CASE, logs, run, name], { encoding: 'utf8' })) as Took).rssMb
  for (const name of ['skim', 'fold', 'parse and fold']) {
    expect(rssMb(long, name), name).toBeLessThan(Math.max(1.5 * rssMb(short, name), 150))
  }
})
