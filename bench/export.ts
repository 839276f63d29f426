/**
 * What it costs to carry a run of 100,000 entries elsewhere: as a page, a Chrome trace, OpenTelemetry lines, a bundle; each in a
 * process of its own, beside reading the log and JSON.parse of every line. `node bench/export.ts [--json [file]] [--small]`.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Bench, Figure } from './support/bench.ts'
import type { ExportTook } from './support/export-case.ts'
import { writeLongRun } from './support/long-run.ts'
import { main } from './support/main.ts'

const CASE = fileURLToPath(new URL('support/export-case.ts', import.meta.url))
const RUN = 'patient-bison-4q7m2xk9'
const CASES = ['parse', 'html', 'perfetto', 'otlp', 'bundle'] as const

export const bench: Bench = {
  name: 'export',
  promises: [
    { what: 'page of 100,000 entries', figure: 'html, wall', atMost: 4_000, timesFloorAtMost: 12 },
    { what: 'its memory', figure: 'html, memory', atMost: 260 },
    { what: 'its size', figure: 'html, size', atMost: 6_000_000 },
    { what: 'Chrome trace of 100,000 entries', figure: 'perfetto, wall', timesFloorAtMost: 10 },
    { what: 'its memory', figure: 'perfetto, memory', atMost: 260 },
    { what: 'bundle of 100,000 entries', figure: 'bundle, wall', timesFloorAtMost: 12 },
  ],
  run,
}

async function run({ small }: { readonly small: boolean }): Promise<readonly Figure[]> {
  const logs = mkdtempSync(join(tmpdir(), 'ramure-bench-export-'))
  try {
    await writeLongRun(logs, RUN, small ? 2_000 : 100_000)
    const took = new Map<string, ExportTook[]>(CASES.map((name) => [name, []]))
    for (let round = 0; round < (small ? 1 : 5); round += 1) {
      for (const name of CASES) took.get(name)?.push(await inChild(logs, name))
    }
    return [...took].flatMap(([name, rounds]) => figuresOf(name, rounds))
  } finally {
    rmSync(logs, { recursive: true })
  }
}

async function inChild(logs: string, name: string): Promise<ExportTook> {
  const { stdout } = await promisify(execFile)(process.execPath, [CASE, logs, RUN, name, join(logs, `out.${name}`)])
  return JSON.parse(stdout) as ExportTook
}

function figuresOf(name: string, rounds: readonly ExportTook[]): Figure[] {
  const floor = name === 'parse' ? {} : { floor: 'parse, wall' }
  return [
    { name: `${name}, wall`, unit: 'ms', rounds: rounds.map(({ wallMs }) => wallMs), ...floor },
    { name: `${name}, memory`, unit: 'MB', rounds: rounds.map(({ rssMb }) => rssMb) },
    ...(name === 'parse' ? [] : [{ name: `${name}, size`, unit: 'bytes' as const, rounds: rounds.map(({ bytes }) => bytes) }]),
  ]
}

if (import.meta.main) await main(bench)
