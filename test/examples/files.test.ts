import { execFile } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { tempFolder } from './play.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const FILES = globSync('examples/*.ts', { cwd: ROOT }).toSorted()

/** Examples import `ramure` by its name, as strangers do: the build must be there. */
beforeAll(() => promisify(execFile)(process.execPath, ['scripts/run.mjs', 'setup'], { cwd: ROOT }), 120_000)

describe.for(FILES)('%s', (file) => {
  const text = readFileSync(join(ROOT, file), 'utf8')

  test('loads in plain node without starting anything', async () => {
    const home = join(tempFolder(), 'home')
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', LOAD, join(ROOT, file)], {
      cwd: ROOT,
      env: { PATH: process.env.PATH, HOME: home, RAMURE_HOME: home },
    })
    expect({ processes: JSON.parse(stdout), stderr }).toEqual({ processes: 1, stderr: '' })
    expect(existsSync(home)).toBe(false)
  })

  test('imports nothing but ramure, zod and what node has', () => {
    const imported = [...text.matchAll(/ from '([^']+)'/g)].map((match) => match[1] as string)
    expect(imported).toContain('ramure')
    expect(imported.filter((name) => name !== 'ramure' && name !== 'zod' && !name.startsWith('node:'))).toEqual([])
  })

  test('is played by a test and listed in the README', () => {
    const name = basename(file, '.ts')
    expect(existsSync(join(ROOT, `test/examples/${name}.test.ts`))).toBe(true)
    expect(readFileSync(join(ROOT, 'examples/README.md'), 'utf8')).toContain(`(${name}.ts)`)
  })
})

/** Prints how many processes the file exports; node ends by itself only when the file has opened nothing. */
const LOAD = `
const exported = Object.values(await import(process.argv[1]))
console.log(exported.filter((value) => typeof value.processName === 'string').length)
`
