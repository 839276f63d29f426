/** Programs that are recorded in Node processes of their own, to be replayed by the command. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll } from 'vitest'
import type { Verdict } from '../../src/replay/verdict.ts'
import { sealed } from '../log/sealed.ts'
import { type Home, makeHome, ramure } from './home.ts'

export const library = new URL('../../src/index.ts', import.meta.url).href

/** Records a run of `main` in a home folder of its own. The same program is recorded once and copied. */
export async function recorded(files: Readonly<Record<string, string>>, main = 'main.ts', args: readonly string[] = []): Promise<Home> {
  const key = JSON.stringify([files, main, args])
  const original = originals.get(key) ?? record(files, main, args)
  originals.set(key, original)
  const from = await original
  const home = makeHome()
  cpSync(from, home.root, { recursive: true, filter: (path) => !path.endsWith('runtimes') })
  for (const run of readdirSync(home.logs)) {
    const log = join(home.logs, run, 'events.jsonl')
    writeFileSync(log, sealed(readFileSync(log, 'utf8').replaceAll(from, home.root)))
  }
  return home
}

const originals = new Map<string, Promise<string>>()
const kept: string[] = []
afterAll(() => kept.forEach((folder) => rmSync(folder, { recursive: true, force: true })))

async function record(files: Readonly<Record<string, string>>, main: string, args: readonly string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'ramure-cli-replay-'))
  kept.push(folder)
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  await execa(process.execPath, ['--no-warnings', main, ...args], { cwd: folder, env: { RAMURE_HOME: folder } })
  return folder
}

/** What `ramure replay --json` says. */
export async function replayed(home: Home, options: readonly string[] = [], run?: string): Promise<Verdict> {
  const said = await ramure(home, ['replay', ...(run ? [run] : []), '--json', ...options])
  return JSON.parse(said.stdout).data as Verdict
}

export type Line = { readonly seq: number; readonly type: string; readonly data: { readonly process?: string; readonly root?: number } }

export function entriesOf(home: Home, run = readdirSync(home.logs)[0] ?? ''): readonly Line[] {
  const lines = readFileSync(join(home.logs, run, 'events.jsonl'), 'utf8')
    .trim()
    .split('\n')
  return lines.map((line) => JSON.parse(line) as Line)
}

export function headerOf(home: Home, run: string): Line {
  const [header] = entriesOf(home, run)
  if (!header) throw new Error('A log begins with its header.')
  return header
}
