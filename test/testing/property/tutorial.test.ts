import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PropertyFailed, property, type SimulatedRun } from 'ramure/testing'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { mergeGate } from '../../../examples/merge-gate-obvious.ts'
import { approvedByBoth } from '../../examples/agents/merge-gate.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '')
const TUTORIAL = readFileSync(join(ROOT, 'docs', 'testing.md'), 'utf8')

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(ROOT, '.tutorial-'))
  vi.stubEnv('RAMURE_HOME', join(folder, 'home'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('the story in docs/testing.md is what the property says', async () => {
  const failed = await property(mergeGate, ['limit logins'])
    .faults({ duplicateCall: true })
    .with({ seed: 1 })
    .check(Object.defineProperty((run: SimulatedRun) => approvedByBoth(run), 'name', { value: 'bothApproved' }))
    .catch((error: unknown) => error)
  if (!(failed instanceof PropertyFailed)) throw failed
  const said = failed.message.replace('tutorial.test.ts', 'merge-gate.test.ts')
  expect(TUTORIAL).toContain(`\`\`\`text\n${said}\n\`\`\``)
})

describe('a property as the body of a test', { timeout: 60_000 }, () => {
  const body = /```js\n([^]*?)```/.exec(TUTORIAL)?.[1] ?? ''
  const question = /const bothApproved = [^]*?\n\}\n/.exec(TUTORIAL)?.[0] ?? ''
  const file = (runner: string) => `import { property, type SimulatedRun } from 'ramure/testing'
import { test } from '${runner}'
import { mergeGate } from '../examples/merge-gate-obvious.ts'
${question}
${body}`

  test('works in node:test, whose report it reads well in', async () => {
    writeFileSync(join(folder, 'gate.test.ts'), file('node:test'))
    const { code, said } = await node(['--no-warnings', '--test', '--test-reporter=spec', join(folder, 'gate.test.ts')])
    expect(code).toBe(1)
    expect(said).toContain('✗ mergeGate: bothApproved')
    expect(said).toMatch(/\.approve \{\}.*the same call again|\.approve \{\}[^]*\.approve \{\}/)
    expect(said).toMatch(/RAMURE_SEED=\d+ RAMURE_PATH=[\d:]+ node --test .*gate\.test\.ts/)
  })

  test('works in Vitest, and runs again as the report says', async () => {
    writeFileSync(join(folder, 'vitest.config.ts'), 'export default {}\n')
    writeFileSync(join(folder, 'gate.test.ts'), file('vitest'))
    const vitest = [join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'), 'run', '--root', folder]
    const first = await node(vitest)
    expect(first).toMatchObject({ code: 1, said: expect.stringContaining('✗ mergeGate: bothApproved') })
    const [, RAMURE_SEED = '', RAMURE_PATH = ''] =
      /RAMURE_SEED=(\d+) RAMURE_PATH=([\d:]+) npx vitest run gate\.test\.ts/.exec(first.said) ?? []
    const story = (said: string) => said.split('\n').filter((line) => /^ {3,5}\d+ \w+\.\w+ /.test(line))
    const again = await node(vitest, { RAMURE_SEED, RAMURE_PATH })
    expect(story(again.said)).toEqual(story(first.said))
    expect(story(again.said)).toHaveLength(3)
  })
})

function node(args: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<{ code: number; said: string }> {
  const env = { PATH: process.env.PATH, HOME: folder, RAMURE_HOME: join(folder, 'home'), CI: 'true', NO_COLOR: '1', ...more }
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: ROOT, env }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), said: stdout + stderr }),
    )
  })
}
