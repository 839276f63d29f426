import { execFile, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { crc32 } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Entry } from '../../src/log/events.ts'
import { leftBehind, temporaryHome } from './harness.ts'

const program = (name: string) => fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url))

/** Runs a program to its end. */
function run(name: string, home: string, ...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [program(name), ...args],
      { env: { ...process.env, RAMURE_HOME: home } },
      (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    )
  })
}

function entriesOf(home: string, run: string): Entry[] {
  return readFileSync(join(home, 'logs', run, 'events.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Entry)
}

/** Of everything before the last line. */
function checksumBeforeTheEnd(home: string, run: string): unknown {
  const bytes = readFileSync(join(home, 'logs', run, 'events.jsonl'))
  const before = bytes.subarray(0, bytes.lastIndexOf(10, bytes.length - 2) + 1)
  return { bytes: before.length, crc32: crc32(before) }
}

describe('a Node process', () => {
  test('holds nothing more after 50 runs, failed and concurrent ones among them', { timeout: 60_000 }, async () => {
    const { stdout, stderr } = await run('many-runs', temporaryHome())
    expect(stderr).toBe('')
    const { runs, left, before, after, failures } = JSON.parse(stdout) as Record<string, unknown>
    expect(runs).toBe(51)
    expect(left).toEqual([])
    expect(after).toEqual(before)
    expect(failures).toEqual([])
  })

  test.for([
    ['one run', 1],
    ['two runs at once', 2],
  ] as const)('that gets SIGTERM ends %s in order', async ([, count]) => {
    const home = temporaryHome()
    const child = spawn(process.execPath, [program('waiting'), String(count)], {
      env: { ...process.env, RAMURE_HOME: home },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    let said = ''
    child.stdout.on('data', (chunk) => {
      said += String(chunk)
      if (said.trim().split('\n').length === count && said.endsWith('\n')) child.kill('SIGTERM')
    })
    const code = await new Promise((resolve) => child.on('close', resolve))
    expect(said.trim().split('\n').at(-1)).toBe(Array(count).fill('ERR_CANCELLED').join(' '))
    expect(code).toBe(0)
    for (const name of said.trim().split('\n').slice(0, count)) {
      expect(entriesOf(home, name).at(-1)).toMatchObject({
        type: 'run_ended',
        data: { outcome: 'cancelled', error: { message: expect.stringContaining('SIGTERM') }, checksum: checksumBeforeTheEnd(home, name) },
      })
    }
    expect(await leftBehind(home)).toEqual([])
    expect(readdirSync(join(home, 'logs'))).toHaveLength(count)
  })

  test('that gets SIGTERM while a run is being opened has a log with an end, and nothing stays', async () => {
    const home = temporaryHome()
    expect(await run('signalled', home, 'opening')).toEqual({ code: 0, stdout: 'ERR_CANCELLED\n', stderr: '' })
    const [id = ''] = readdirSync(join(home, 'logs'))
    expect(entriesOf(home, id).at(-1)).toMatchObject({ type: 'run_ended', data: { outcome: 'cancelled' } })
    expect(await leftBehind(home)).toEqual([])
  })

  test('that gets SIGTERM while a run is being closed closes it, and does not go on', async () => {
    const home = temporaryHome()
    expect(await run('signalled', home, 'closing')).toEqual({ code: null, stdout: '', stderr: '' })
    const [id = ''] = readdirSync(join(home, 'logs'))
    expect(entriesOf(home, id).at(-1)).toMatchObject({ type: 'run_ended', data: { outcome: 'completed' } })
    expect(await leftBehind(home)).toEqual([])
  })

  test('of the oldest version that is promised runs a program', async () => {
    expect(await run('oldest-node', temporaryHome())).toEqual({ code: 0, stdout: 'fine\n', stderr: '' })
  })

  test.for([
    ['exit', 3],
    ['throw', 1],
  ] as const)('that ends itself in the middle of a turn (%s) leaves the turn in the log', async ([how, code]) => {
    const home = temporaryHome()
    expect((await run('ends-itself', home, how)).code).toBe(code)
    const [id = ''] = readdirSync(join(home, 'logs'))
    const entries = entriesOf(home, id)
    expect(entries.flatMap((entry) => (entry.type === 'emit' ? entry.data.event : []))).toEqual(['first words', 'last words'])
  })

  test('survives floating work that the end of a process cuts short', async () => {
    expect(await run('floating', temporaryHome())).toEqual({ code: 0, stdout: 'fine\n', stderr: '' })
  })

  test("still dies of a program's own rejection that nobody awaits", async () => {
    const { code, stderr } = await run('floating', temporaryHome(), 'mistake')
    expect(code).toBe(1)
    expect(stderr).toContain('a mistake that nobody awaits')
  })
})
