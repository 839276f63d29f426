/** One case of bench/export.ts in a process of its own: `node export-case.ts <logs> <run> <case> <file>` prints what it took. */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { sayEntry } from '../../src/cli/say-entry.ts'
import { exportBundle } from '../../src/export/bundle.ts'
import { exportHtml } from '../../src/export/html.ts'
import { exportOtlp } from '../../src/export/otlp.ts'
import { exportPerfetto } from '../../src/export/perfetto.ts'
import { jsonlStore } from '../../src/log/jsonl.ts'
import { redactor } from '../../src/log/redact.ts'

export interface ExportTook {
  readonly wallMs: number
  readonly rssMb: number
  /** Size of what was written. */
  readonly bytes: number
}

const [logs = '', run = '', name = '', file = ''] = process.argv.slice(2)
const store = jsonlStore(logs)
const redact = redactor({})
// The script of the page adds the same few bytes to every page; a bench runs without a build.
const assets = { script: '', style: '' }

const CASES: { readonly [name: string]: () => AsyncGenerator<string | Uint8Array, unknown> } = {
  html: () => exportHtml({ store, run, assets, say: sayEntry, redact, now: Date.now }),
  perfetto: () => exportPerfetto({ store, run, say: sayEntry, redact }),
  otlp: () => exportOtlp({ store, run, redact }),
  bundle: () => exportBundle({ store, run, redact }),
}

const startedMs = performance.now()
const bytes = name === 'parse' ? parseAll() : await writeAll(CASES[name]?.())
const took: ExportTook = { wallMs: performance.now() - startedMs, rssMb: process.resourceUsage().maxRSS / 1024, bytes }
console.log(JSON.stringify(took))

/** The floor of whatever looks at every entry. */
function parseAll(): number {
  let bytes = 0
  for (const line of readFileSync(join(logs, run, 'events.jsonl'), 'utf8').split('\n')) {
    if (line !== '') bytes += JSON.parse(line).seq > 0 ? line.length : 0
  }
  return bytes
}

async function writeAll(pieces: AsyncGenerator<string | Uint8Array, unknown> | undefined): Promise<number> {
  const fd = openSync(file, 'w')
  let bytes = 0
  for await (const piece of pieces ?? []) bytes += writeSync(fd, typeof piece === 'string' ? Buffer.from(piece) : piece)
  closeSync(fd)
  return bytes
}
