/** Modules that are loaded in the middle of a process. */
import { expect, it } from 'vitest'
import { entriesOf, library, recorded, replayed } from './recorded-program.ts'

const PROGRAM = `import { agentProcess, emit } from '${library}'
await agentProcess('main', async () => {
  emit('before')
  const { answer } = await import('./lib.ts')
  emit('after', answer)
})()
`
/** Its top level waits for the disk. */
const SLOW = `import { readFile } from 'node:fs/promises'
for (let n = 0; n < 5; n += 1) await readFile(import.meta.filename)
export const answer = 42
`

it('a module that loads at once is no leak', async () => {
  const home = await recorded({ 'main.ts': PROGRAM, 'lib.ts': 'export const answer = 42\n' })
  expect(await replayed(home)).toMatchObject({ verdict: 'identical' })
})

it('a module that reads while it loads is warned of live and refused in the replay, with its own line', async () => {
  const home = await recorded({ 'main.ts': PROGRAM, 'lib.ts': SLOW })
  const line = SLOW.split('\n').findIndex((each) => each.includes('await readFile')) + 1
  const warnings = entriesOf(home).flatMap(({ type, data }) => (type === 'warning' ? [data] : []))
  expect(warnings).toContainEqual(expect.objectContaining({ code: 'ERR_UNRECORDED_IO', site: expect.stringContaining(`lib.ts:${line}:`) }))
  const verdict = await replayed(home)
  // The rest of the loading is the machine's, so it may be the line after the import that is missed first.
  expect(verdict.divergences[0]).toMatchObject({ class: 'leak' })
  expect(verdict.suspects).toContainEqual({ what: 'fs.promises.readFile()', site: expect.stringContaining(`lib.ts:${line}:`) })
})
