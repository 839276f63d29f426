/** What every file of bench/ does when it is run by itself, and what the whole table is made of. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Bench } from './bench.ts'
import type { BenchReport, Machine, Report } from './report.ts'
import { figureLines, promiseLines } from './tables.ts'
import { judge } from './verdict.ts'

/**
 * Measures and prints: figures, then promises. `--small` makes one short round, `--json` prints the report instead,
 * `--json <file>` writes it beside the tables, `--figures` leaves the promises to whoever reads that file.
 */
export async function main(bench: Bench, argv: readonly string[] = process.argv.slice(2)): Promise<void> {
  const small = argv.includes('--small')
  const report: Report = { machine: machine(), small, benches: [await measure(bench, small)] }
  const at = argv.indexOf('--json')
  const file = at === -1 ? undefined : argv[at + 1]
  if (at !== -1 && file === undefined) return console.log(JSON.stringify(report))
  if (file !== undefined) writeFileSync(file, `${JSON.stringify(report)}\n`)
  for (const line of figureLines(report.benches[0]?.figures ?? [])) console.log(line)
  if (argv.includes('--figures')) return
  for (const line of ['', ...promiseLines(report)]) console.log(line)
}

async function measure(bench: Bench, small: boolean): Promise<BenchReport> {
  const before = loadavg()[0] ?? Number.NaN
  const startedMs = performance.now()
  const figures = await bench.run({ small })
  const seconds = Math.round((performance.now() - startedMs) / 100) / 10
  return {
    name: bench.name,
    seconds,
    load: [before, loadavg()[0] ?? Number.NaN],
    figures,
    verdicts: judge(bench.promises, figures, small),
  }
}

export function machine(): Machine {
  return {
    commit: commit(),
    node: process.version,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    platform: `${process.platform} ${process.arch}`,
    date: new Date().toISOString(),
  }
}

function commit(): string | null {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: fileURLToPath(new URL('.', import.meta.url)), encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no', '--', '../..') !== ''
    return `${git('rev-parse', '--short=12', 'HEAD').trim()}${changed ? '+changes' : ''}`
  } catch {
    return null
  }
}
