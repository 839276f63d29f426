/** Counterexamples that were found in a project of its own, and what `ramure export-test` makes of them there. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Home, makeHome, ramure } from './home.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

const PROGRAM = `import { agent, agentProcess, done, emit, wait } from 'ramure'

export const chargeOnce = agentProcess('charge', async (limit: number) => {
  const clerk = await agent('clerk')
  clerk.on('charge', () => {
    emit('charged', { amount: limit })
    return 'charged'
  })
  clerk.on('close', () => {
    done('closed')
    return 'closed'
  })
  await clerk.send('Charge once, then close.')
  return wait<string>()
}, { timeoutMs: 3_600_000 })
`
const MENDED = PROGRAM.replace(
  "    emit('charged'",
  "    if (isCharged) return 'charged before'\n    isCharged = true\n    emit('charged'",
).replace('  const clerk =', '  let isCharged = false\n  const clerk =')

const HELPERS = `import type { SimulatedRun } from 'ramure/testing'

export interface Charged { readonly amount: number }
export const amounts = (run: SimulatedRun): readonly Charged[] => run.all('emit', { event: 'charged' }).map(({ data }) => data.data as never)
`

/** The imports, the check and the property of a test in which the clerk charges as often as it likes. */
const testFile = (runner: string, declarations: string, check: string) => `import assert from 'node:assert/strict'
import { property, script, type SimulatedRun } from 'ramure/testing'
import { ${runner === 'vitest' ? 'expect as must, ' : ''}test } from '${runner}'
import { type Charged, amounts as charged } from './support/helpers.ts'
import { chargeOnce } from '../src/orders.ts'

const MOST = 1
${declarations}

test('charges once', () => {
  const hidden = 1
  return property(chargeOnce, [5]).agents({ clerk: script.sequence('charge', 'close') }).faults({ duplicateCall: true }).with({ seed: 3 }).check(${check})
})
`

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(ROOT, '.kept-'))
  for (const name of ['src', 'test/support', 'kept']) mkdirSync(join(folder, name), { recursive: true })
  writeFileSync(join(folder, 'src', 'orders.ts'), PROGRAM)
  writeFileSync(join(folder, 'test', 'support', 'helpers.ts'), HELPERS)
  writeFileSync(join(folder, 'vitest.config.ts'), 'export default {}\n')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function node(home: Home, args: readonly string[]): Promise<{ code: number; said: string }> {
  const env = { PATH: process.env.PATH, HOME: home.root, RAMURE_HOME: home.root, CI: 'true', NO_COLOR: '1' }
  return new Promise((resolve) => {
    execFile(process.execPath, ['--no-warnings', ...args], { cwd: folder, env }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), said: stdout + stderr }),
    )
  })
}

const vitest = (home: Home, file: string) => node(home, [join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'), 'run', '--root', folder, file])
const nodeTest = (home: Home, file: string) => node(home, ['--test', '--test-isolation=none', join(folder, file)])

/** Runs a property that does not hold, and gives the name of the run that was kept. */
async function found(home: Home, run: typeof vitest, text: string): Promise<string> {
  writeFileSync(join(folder, 'test', 'orders.test.ts'), text)
  const { said } = await run(home, 'test/orders.test.ts')
  const [, kept] = /saved as run (\S+)/.exec(said) ?? []
  if (kept === undefined) throw new Error(said)
  return kept
}

describe('a counterexample as a test', { timeout: 30_000 }, () => {
  test('brings along what its check takes from around it: it fails as it is and passes once the program is mended, in Vitest', async () => {
    const home = makeHome()
    const check = '(run) => must(charged(run).map(({ amount }) => amount).length).toBeLessThanOrEqual(MOST)'
    const kept = await found(home, vitest, testFile('vitest', '', check))
    const file = join(folder, 'kept', 'orders.test.ts')
    expect((await ramure(home, ['export-test', kept, '-o', file])).exit).toBe(0)
    expect(readFileSync(file, 'utf8').split('\n').slice(0, 9)).toEqual([
      "import assert from 'node:assert/strict'",
      "import { simulate } from 'ramure/testing'",
      "import { expect as must, test } from 'vitest'",
      "import { chargeOnce as charge } from '../src/orders.ts'",
      "import { amounts as charged } from '../test/support/helpers.ts'",
      '',
      '// As in orders.test.ts.',
      'const MOST = 1',
      '',
    ])
    expect(await vitest(home, 'kept/orders.test.ts')).toMatchObject({
      code: 1,
      said: expect.stringContaining('expected 2 to be less than or equal to 1'),
    })
    writeFileSync(join(folder, 'src', 'orders.ts'), MENDED)
    expect(await vitest(home, 'kept/orders.test.ts')).toMatchObject({ code: 0, said: expect.stringContaining('1 passed') })
    expect(await ramure(home, ['export-test', kept, '-o', '-', '--node-test'])).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('The check asks with expect as must of Vitest, which works in Vitest only.'),
    })
  })

  test('is one for node:test when it was found there, and keeps the types of a check that has a name', async () => {
    const home = makeHome()
    const declarations = `interface Sum { readonly total: number }

const sumOf = (list: readonly Charged[]): Sum => ({ total: list.reduce((sum, { amount }) => sum + amount, 0) })

const chargedOnce = (run: SimulatedRun) => {
  assert.equal(sumOf(charged(run)).total <= 5 * MOST, true)
}`
    const kept = await found(home, nodeTest, testFile('node:test', declarations, 'chargedOnce'))
    const file = join(folder, 'kept', 'orders.test.ts')
    expect((await ramure(home, ['export-test', kept, '-o', file])).stdout).toContain('node --test')
    const text = readFileSync(file, 'utf8')
    expect(text).toContain(declarations)
    expect(text).toContain("import { amounts as charged, type Charged } from '../test/support/helpers.ts'")
    expect(text).toContain('  assert.notEqual(await chargedOnce(run), false)')
    expect(await nodeTest(home, 'kept/orders.test.ts')).toMatchObject({ code: 1, said: expect.stringContaining('false !== true') })
    writeFileSync(join(folder, 'src', 'orders.ts'), MENDED)
    expect(await nodeTest(home, 'kept/orders.test.ts')).toMatchObject({ code: 0 })
  })

  test('loads, and says what to fill in, when its check uses what no file can give it', async () => {
    const home = makeHome()
    const kept = await found(home, nodeTest, testFile('node:test', '', '(run) => charged(run).length <= hidden'))
    const file = join(folder, 'kept', 'orders.test.ts')
    expect((await ramure(home, ['export-test', kept, '-o', file])).stdout).toContain('1 thing is to be filled in')
    const gap = 'The check uses hidden, which stands inside of something in orders.test.ts: write it here.'
    expect(await nodeTest(home, 'kept/orders.test.ts')).toMatchObject({ code: 1, said: expect.stringContaining(gap) })
    const filled = readFileSync(file, 'utf8').replace(/ {2}\/\/ The check uses hidden.*\n.*\n/, '  const hidden = 1\n')
    writeFileSync(file, filled)
    expect(await nodeTest(home, 'kept/orders.test.ts')).toMatchObject({
      code: 1,
      said: expect.stringMatching(/ERR_ASSERTION[^]*notEqual|notStrictEqual/),
    })
    writeFileSync(join(folder, 'src', 'orders.ts'), MENDED)
    expect(await nodeTest(home, 'kept/orders.test.ts')).toMatchObject({ code: 0 })
  })

  test('says so when the process stands in the test itself', async () => {
    const home = makeHome()
    const program = PROGRAM.replace("import { agent, agentProcess, done, emit, wait } from 'ramure'\n", '').replace('export ', '')
    const text = `import { agent, agentProcess, done, emit, wait } from 'ramure'\n${testFile('node:test', program, 'always.replays(), (run) => charged(run).length <= 1')}`
    const kept = await found(home, nodeTest, text.replace('{ property', '{ always, property').replace(/.*\/orders\.ts'\n/, ''))
    const file = join(folder, 'kept', 'orders.test.ts')
    await ramure(home, ['export-test', kept, '-o', file])
    const gap = 'charge is made in orders.test.ts, which is a test: move it into a file of its own, export it, and import it here.'
    expect(await nodeTest(home, 'kept/orders.test.ts')).toMatchObject({ code: 1, said: expect.stringContaining(gap) })
  })
})
