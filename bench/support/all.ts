/**
 * What `npm run bench` runs. Each bench has a Node process of its own, one after the other; its figures are shown as they
 * come, on stderr; the one table of all promises comes last, on stdout.
 *
 *   npm run bench [-- <name>… --small --json <file>]
 *   npm run bench -- compare <before.json> <after.json>
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { compareLines } from './compare.ts'
import { machine } from './main.ts'
import type { BenchReport, Report } from './report.ts'
import { promiseLines } from './tables.ts'

const FOLDER = fileURLToPath(new URL('..', import.meta.url))

process.exitCode = await all(process.argv.slice(2))

async function all(argv: readonly string[]): Promise<number> {
  const asked = readArguments(argv)
  if (typeof asked === 'string') return complain(asked)
  const { names, small, json } = asked
  if (names[0] === 'compare') return compareFiles(names.slice(1))
  const known = readdirSync(FOLDER).flatMap((file) => (file.endsWith('.ts') ? [file.slice(0, -3)] : []))
  const wanted = known.filter((name) => names.length === 0 || names.some((asked) => name.startsWith(asked)))
  if (wanted.length === 0) return complain(`No benchmark is called ${names.join(' or ')}. There are: ${known.join(', ')}.`)
  const benches: BenchReport[] = []
  for (const name of wanted) benches.push(await inProcess(name, small))
  console.error('')
  const report: Report = { machine: machine(), small, benches }
  for (const line of promiseLines(report)) console.log(line)
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(report, null, 1)}\n`)
  return benches.some(({ failed }) => failed !== undefined) ? 1 : 0
}

function readArguments(argv: readonly string[]): { names: string[]; small: boolean; json: string | undefined } | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { small: { type: 'boolean' }, json: { type: 'string' } },
    })
    return { names: positionals, small: values.small ?? false, json: values.json }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function complain(sentence: string): number {
  console.error(sentence)
  return 2
}

function compareFiles(files: readonly string[]): number {
  const [before, after] = files.map(reportIn)
  if (files.length !== 2) return complain('compare wants two files that `npm run bench -- --json <file>` wrote.')
  if (!before || !after)
    return complain(`${before ? files[1] : files[0]} is no report: compare wants what \`npm run bench -- --json <file>\` wrote.`)
  for (const line of compareLines(before, after)) console.log(line)
  return 0
}

function reportIn(file: string): Report | null {
  try {
    const read = JSON.parse(readFileSync(file, 'utf8')) as Partial<Report> | null
    return Array.isArray(read?.benches) && read.machine !== undefined ? (read as Report) : null
  } catch {
    return null
  }
}

/** One bench from its start to its report. */
async function inProcess(name: string, small: boolean): Promise<BenchReport> {
  const folder = mkdtempSync(join(tmpdir(), 'ramure-bench-report-'))
  const file = join(folder, 'report.json')
  try {
    console.error(`\n${name}`)
    const child = spawn(process.execPath, [join(FOLDER, `${name}.ts`), '--figures', '--json', file, ...(small ? ['--small'] : [])], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    child.stdout.pipe(process.stderr, { end: false })
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
    if (code !== 0) return failed(name, `its process ended with ${signal ?? `code ${code}`}.`)
    return (JSON.parse(readFileSync(file, 'utf8')) as Report).benches[0] ?? failed(name, 'its report is empty.')
  } catch (error) {
    return failed(name, `it left no report (${error instanceof Error ? error.message : String(error)}).`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function failed(name: string, why: string): BenchReport {
  return { name, seconds: 0, load: [Number.NaN, Number.NaN], figures: [], verdicts: [], failed: why }
}
