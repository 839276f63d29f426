import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = new URL('..', import.meta.url).pathname
let folder = ''

// A folder of the project, so that its imports are found as those of a user's tests would be.
beforeAll(async () => {
  folder = await mkdtemp(join(root, '.docs-'))
  process.env.RAMURE_HOME = join(folder, 'home')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('the programs in docs/testing.md', () => {
  test('run, and what they assert holds', async () => {
    const text = await readFile(join(root, 'docs', 'testing.md'), 'utf8')
    const programs = [...text.matchAll(/```ts\n([^]*?)```/g)].map(([, program = '']) => program)
    expect(programs).toHaveLength(9)
    for (const [nth, program] of programs.entries()) {
      expect(program).toContain('assert')
      const file = join(folder, `program-${nth}.ts`)
      await writeFile(file, program)
      await import(pathToFileURL(file).href)
    }
  })
})
