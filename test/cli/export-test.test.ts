import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type PropertyFailed, property } from 'ramure/testing'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { mergeGate } from '../../examples/merge-gate-obvious.ts'
import { approvedByBoth } from '../examples/agents/merge-gate.ts'
import { type Home, makeHome, ramure } from './home.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
const RECORDINGS = join(ROOT, 'test', 'recordings', 'v1')
const RECORDED = readdirSync(RECORDINGS)
/** The program of the demo is the command line itself: there is nothing to import. */
const NAMES = RECORDED.filter((name) => name !== 'demo')

// A folder of the project, so that tests find ramure by its name, as those of a user do.
let folder = ''
beforeAll(() => void (folder = mkdtempSync(join(ROOT, '.exported-'))))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A recording as it was made in this project. */
function recorded(home: Home, name: string): string {
  const run = join(home.root, 'corpus', name)
  mkdirSync(run, { recursive: true })
  writeFileSync(join(run, 'events.jsonl'), readFileSync(join(RECORDINGS, name, 'events.jsonl'), 'utf8').replaceAll('/project', ROOT))
  return run
}

/** Runs node; resolves with what it said and how it ended. */
function node(args: readonly string[], home: Home): Promise<{ code: number; said: string }> {
  const env = { PATH: process.env.PATH, HOME: home.root, RAMURE_HOME: home.root, CI: 'true' }
  return new Promise((resolve) => {
    execFile(process.execPath, ['--no-warnings', ...args], { cwd: ROOT, env }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), said: stdout + stderr }),
    )
  })
}

const nodeTest = (files: readonly string[], home: Home) => node(['--test', '--test-isolation=none', '--test-reporter=tap', ...files], home)

describe('ramure export-test', { timeout: 60_000 }, () => {
  test('writes tests that pass as they are, of every recording there is', async () => {
    const home = makeHome()
    for (const name of NAMES) {
      const { exit, stderr } = await ramure(home, [
        'export-test',
        recorded(home, name),
        '-o',
        join(folder, `${name}.test.ts`),
        '--node-test',
      ])
      expect([exit, stderr]).toEqual([0, ''])
    }
    const files = NAMES.map((name) => join(folder, `${name}.test.ts`))
    const { code, said } = await nodeTest(files, home)
    expect(said).toContain(`# pass ${NAMES.length}\n`)
    expect(code).toBe(0)
  })

  test('writes one for Vitest, which passes, and fails when the program does otherwise', async () => {
    const home = makeHome()
    const file = join(folder, 'vitest.test.ts')
    const { stdout } = await ramure(home, ['export-test', recorded(home, 'build-and-review'), '-o', file])
    expect(stdout).toMatch(
      /vitest\.test\.ts {2}\d.* and its recording vitest\.jsonl: \d+ entries\n {2}passes as long as the program does what it did\n/,
    )
    writeFileSync(join(folder, 'vitest.config.ts'), 'export default {}\n')
    const vitest = [join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'), 'run', '--root', folder, 'vitest.test.ts']
    const passed = await node(vitest, home)
    expect(passed).toMatchObject({ code: 0, said: expect.stringMatching(/1 passed/) })
    const program = readFileSync(join(ROOT, 'examples', 'build-and-review.ts'), 'utf8')
    writeFileSync(join(folder, 'changed.ts'), program.replace('Fix: ', 'Mend: '))
    writeFileSync(file, readFileSync(file, 'utf8').replace('../examples/build-and-review.ts', './changed.ts'))
    const failed = await node(vitest, home)
    expect(failed).toMatchObject({ code: 1, said: expect.stringMatching(/Mend: /) })
  })

  test('writes one that loads, and says what to fill in, when the program does not export its process', async () => {
    const home = makeHome()
    writeFileSync(join(folder, 'hidden.ts'), readFileSync(join(ROOT, 'examples', 'summarize.ts'), 'utf8').replace('export const', 'const'))
    const file = join(folder, 'hidden.test.ts')
    const args = ['export-test', recorded(home, 'summarize'), '-o', file, '--node-test', '--program', join(folder, 'hidden.ts')]
    expect(await ramure(home, args)).toMatchObject({ exit: 0, stdout: expect.stringContaining('1 thing is to be filled in') })
    const { code, said } = await nodeTest([file], home)
    expect(code).toBe(1)
    expect(said).toContain('./hidden.ts does not export summarize in a way that can be seen: export it there, and import it here.')
  })

  test('is text that a person would write', async () => {
    const home = makeHome()
    const { stdout, exit } = await ramure(home, ['export-test', recorded(home, 'build-and-review-fails'), '-o', '-'])
    expect(exit).toBe(0)
    const text = stdout.replaceAll(home.root, '/home').replace(/'[^']*examples/, "'./examples")
    await expect(text).toMatchFileSnapshot('golden/export-test.txt')
  })

  test('takes the test that a property wrote of its counterexample: it fails, and passes with the mended program', async () => {
    const home = makeHome()
    vi.stubEnv('RAMURE_HOME', home.root)
    const failed = await property(mergeGate, ['limit logins'])
      .faults({ duplicateCall: true })
      .with({ seed: 1 })
      .check(approvedByBoth)
      .catch((error: unknown) => error)
    const { kept } = (failed as PropertyFailed).counterexample
    const file = join(folder, 'counterexample.test.ts')
    const { stdout } = await ramure(home, ['export-test', kept ?? '', '-o', file, '--node-test'])
    expect(stdout).toContain('fails until the program is mended')
    const wrong = await nodeTest([file], home)
    expect(wrong).toMatchObject({ code: 1, said: expect.stringContaining('# fail 1') })
    writeFileSync(file, readFileSync(file, 'utf8').replace('merge-gate-obvious', 'merge-gate'))
    expect(await nodeTest([file], home)).toMatchObject({ code: 0 })
    const asItWas = ['export-test', kept ?? '', '-o', join(folder, 'as-it-was.test.ts'), '--node-test', '--as-recorded']
    expect((await ramure(home, asItWas)).exit).toBe(0)
    expect(await nodeTest([join(folder, 'as-it-was.test.ts')], home)).toMatchObject({ code: 0 })
  })

  test.for([60, 80, 120])('says at width %i what it wrote, and how to run it', async (width) => {
    const home = makeHome()
    const run = recorded(home, 'build-and-review')
    const file = join(folder, `golden-${width}.test.ts`)
    const said = [
      await ramure(home, ['export-test', run, '-o', file], { width }),
      await ramure(home, ['export-test', run, '-o', file, '--force', '--node-test'], { width }),
      await ramure(home, ['export-test', run, '-o', file], { width }),
      await ramure(home, ['export-test', '--help'], { width }),
    ]
    const text = said.map(({ stdout, stderr, exit }) => `${stdout}${stderr}exit ${exit}\n`).join('\n')
    await expect(text.replaceAll(`${ROOT}/`, '').replaceAll(basename(folder), '.exported')).toMatchFileSnapshot(
      `golden/export-test-${width}.txt`,
    )
  })

  test('writes over nothing, and says what is missing', async () => {
    const home = makeHome()
    const run = recorded(home, 'summarize')
    const file = join(folder, 'there.test.ts')
    expect((await ramure(home, ['export-test', run, '-o', file])).exit).toBe(0)
    expect((await ramure(home, ['export-test', run, '-o', file])).stderr).toContain('exists already')
    expect((await ramure(home, ['export-test', run, '-o', file, '--force'])).exit).toBe(0)
    expect((await ramure(home, ['export-test', run, '-o', '-', '--program', 'nowhere.ts'])).stderr).toContain('--program <file>')
    const asData = await ramure(home, ['export-test', run, '-o', file, '--force', '--json'])
    expect(JSON.parse(asData.stdout)).toMatchObject({ v: 1, ok: true, data: { file, passes: true } })
  })
})
