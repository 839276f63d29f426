import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import type { Report } from '../../bench/support/report.ts'

const ALL = fileURLToPath(new URL('../../bench/support/all.ts', import.meta.url))

/** What `npm run bench -- …` runs. */
async function bench(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return promisify(execFile)(process.execPath, [ALL, ...args]).then(
    (ended) => ({ code: 0, ...ended }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  )
}

test('the table comes on stdout, figures on stderr, everything in the file; two files can be compared', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ramure-bench-all-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'report.json')
  const { code, stdout, stderr } = await bench('fan-out', '--small', '--json', file)
  expect(code).toBe(0)
  expect(stdout).toMatch(/^bench {4}promise .*\nfan-out {2}100 readers, .* not measured\n/)
  expect(stdout).toContain('Short rounds: they show that the benchmarks run, and measure nothing.')
  expect(stderr).toContain('bare ws, 3 readers, 16 a turn, CPU')
  const report = JSON.parse(readFileSync(file, 'utf8')) as Report
  expect(report).toMatchObject({ small: true, machine: { node: process.version }, benches: [{ name: 'fan-out' }] })
  expect(report.benches[0]?.figures).toHaveLength(12)
  const compared = await bench('compare', file, file)
  expect(compared.stdout).toContain('0 better, 0 worse')
})

test('who asks for a benchmark that does not exist is told which there are', async () => {
  const { code, stderr } = await bench('fast')
  expect(code).toBe(2)
  const names = readdirSync(join(ALL, '../..')).flatMap((name) => (name.endsWith('.ts') ? [name.slice(0, -3)] : []))
  expect(stderr).toBe(`No benchmark is called fast. There are: ${names.join(', ')}.\n`)
  expect((await bench('--fast')).code).toBe(2)
})
