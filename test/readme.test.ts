import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { scripted } from 'ramure'
import { memoryStore, surroundedBy } from 'ramure/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { commands } from '../src/cli/commands.ts'

const root = new URL('..', import.meta.url).pathname
let folder = ''
let readme = ''

beforeAll(async () => {
  // Beside the tests, so that its imports are found as a user's would be.
  folder = await mkdtemp(join(root, 'test', '.readme-'))
  readme = await readFile(join(root, 'README.md'), 'utf8')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test("the README's program runs and gives what was approved", async () => {
  const [, source = ''] = /```ts\n([^]*?)```/.exec(readme) ?? []
  const file = join(folder, 'review.ts')
  await writeFile(file, source)
  const { buildAndReview } = (await import(pathToFileURL(file).href)) as { buildAndReview: (spec: string) => Promise<string> }
  const builder = scripted(async (me) => {
    for await (const { text } of me.messages) await me.call('submit', { code: text.startsWith('Fix') ? 'good' : 'bad' }).catch(() => {})
  })
  const reviewer = scripted(async (me) => {
    for await (const { text } of me.messages) {
      if (text.includes('bad')) await me.call('reject', { why: 'bad' })
      else await me.call('approve', { code: 'good' }).catch(() => {})
    }
  })
  const driver = (agent: string) => (agent === 'builder' ? builder : reviewer)
  const env = { RAMURE_HOME: folder }
  expect(await surroundedBy({ driver, store: memoryStore(), env }, () => buildAndReview('fizzbuzz'))).toBe('good')
})

test('every command that the README names exists', () => {
  const named = new Set([...readme.matchAll(/^ramure ([a-z]+)/gm)].map(([, name]) => name).filter((name) => name !== 'demo'))
  expect([...named].filter((name) => !commands.some((command) => command.name === name))).toEqual([])
})
