/**
 * Records what test/recordings/<version> holds: `node test/recordings/record.ts [name…]`, all without a name. Every
 * recording is of a real run: real processes, sockets and files, and for the demo real pi.
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { crc32 } from 'node:zlib'
import { scripted } from 'ramure'
import { FORMAT_VERSION } from 'ramure/log'
import { surroundedBy } from 'ramure/testing'
import type { Cast } from '../examples/play.ts'
import { PLANS, type Plan } from './plans.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
const FOLDER = join(ROOT, 'test', 'recordings', `v${FORMAT_VERSION}`)

const wanted = process.argv.slice(2)
for (const [name, plan] of Object.entries(PLANS)) {
  if (wanted.length === 0 || wanted.includes(name)) await record(name, plan)
}

async function record(name: string, plan: Plan): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'ramure-record-'))
  try {
    await play(plan, home)
    const [run = ''] = readdirSync(join(home, 'logs'))
    const target = join(FOLDER, name)
    rmSync(target, { recursive: true, force: true })
    mkdirSync(target, { recursive: true })
    const source = join(home, 'logs', run)
    writeFileSync(join(target, 'events.jsonl'), portable(readFileSync(join(source, 'events.jsonl'), 'utf8'), plan, home))
    if (readdirSync(source).includes('blobs')) cpSync(join(source, 'blobs'), join(target, 'blobs'), { recursive: true })
    console.log(`${relative(ROOT, target)}  ${readFileSync(join(target, 'events.jsonl')).length} bytes`)
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

async function play(plan: Plan, home: string): Promise<void> {
  if ('cast' in plan) await playHere(plan, home)
  else if (plan.killAt === undefined) await promisify(execFile)(process.execPath, [plan.program, ...plan.argv], { cwd: ROOT, env: { ...process.env, RAMURE_HOME: home } })
  else await playUntil(plan.program, plan.killAt, home)
}

async function playHere(plan: Extract<Plan, { cast: unknown }>, home: string): Promise<void> {
  const { start, cast, onEntry } = await plan.cast(home)
  const driver = (agent: string) => scripted((cast as Cast)(agent) ?? (() => {}))
  await surroundedBy({ env: { RAMURE_HOME: home }, driver, ...(onEntry && { onEntry }) }, start).catch((error: Error) => console.log(`  ends with ${error.message}`))
}

/** Kills the program with -9 when it says so. */
async function playUntil(program: string, line: string, home: string): Promise<void> {
  const child = spawn(process.execPath, [program], { cwd: ROOT, env: { ...process.env, RAMURE_HOME: home }, stdio: ['ignore', 'pipe', 'inherit'] })
  child.stdout.setEncoding('utf8').on('data', (text: string) => text.includes(line) && child.kill('SIGKILL'))
  await once(child, 'close')
}

/** Nothing in a recording is about the machine that made it. */
function portable(log: string, plan: Plan, home: string): string {
  const [header = '', ...lines] = log.split('\n')
  const entry = JSON.parse(header) as { data: Record<string, unknown> }
  const { code } = entry.data as { code: { files: Record<string, string> } }
  const program = join(ROOT, plan.program)
  // The examples were not the program of the Node process that recorded them, and not the first run in it.
  const [files, root] = 'cast' in plan ? [{}, 0] : [isBuilt(plan) ? {} : code.files, entry.data['root']]
  Object.assign(entry.data, { program, root, argv: plan.argv, cwd: ROOT, pid: 1, host: 'recorder', code: { commit: null, dirty: null, files }, node_started_at: undefined })
  return summed([JSON.stringify(entry), ...lines].join('\n').replaceAll(ROOT, '/project').replaceAll(home, '/home/recorder/.ramure'))
}

/** The checksum at the end is that of the text as it is now. */
function summed(log: string): string {
  const start = log.lastIndexOf('\n', log.length - 2) + 1
  const end = JSON.parse(log.slice(start)) as { type: string; data: { checksum?: unknown } }
  if (end.type !== 'run_ended') return log
  const before = Buffer.from(log.slice(0, start))
  end.data.checksum = { bytes: before.length, crc32: crc32(before) }
  return `${log.slice(0, start)}${JSON.stringify(end)}\n`
}

/** What was built has other names after the next build. */
function isBuilt({ program }: Plan): boolean {
  return program.startsWith('dist/')
}
