import { existsSync, globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import {
  filesTooLong,
  forbiddenWords,
  importsAgainstTheRows,
  impurities,
  outputOutsideOfCli,
  type Source,
  undocumentedErrors,
} from './tidy/house.ts'
import { PURE } from './tidy/purity.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const library = read('{src,extension}/**/*.ts')
const everything = read('{src,extension,test,bench,examples,scripts}/**/*.{ts,mjs}')

describe('the house', () => {
  test('imports point down the rows, never sideways, never through an index.ts', () => {
    expect(importsAgainstTheRows(library)).toEqual([])
  })

  test('files on the purity list are pure', () => {
    expect(impurities(library, isListedPure)).toEqual([])
  })

  test('the purity list names what exists', () => {
    expect(PURE.filter((path) => !existsSync(`${ROOT}${path}`))).toEqual([])
  })

  test('no file is longer than 300 lines, no test longer than 400', () => {
    expect(filesTooLong(everything)).toEqual([])
  })

  test('the library never talks to the terminal and never ends the process', () => {
    expect(outputOutsideOfCli(library)).toEqual([])
  })

  test('nothing is left for later in the source', () => {
    expect(forbiddenWords(everything)).toEqual([])
  })

  test('every error code has a paragraph in docs/errors.md, and every paragraph a code', () => {
    expect(undocumentedErrors(library, readFileSync(`${ROOT}docs/errors.md`, 'utf8'))).toEqual([])
  })

  test('every name of an index.ts is written out', () => {
    expect(library.filter(({ path, text }) => path.endsWith('index.ts') && /export \*/.test(text)).map(({ path }) => path)).toEqual([])
  })

  test.for(['package-lock.json', 'tools/pi/package-lock.json'])('%s names no host', (path) => {
    expect(readFileSync(`${ROOT}${path}`, 'utf8')).not.toMatch(/"resolved": "(https?|git)/)
  })
})

describe('the checker', () => {
  test('sees an import of a higher row', () => {
    expect(importsAgainstTheRows([source('src/log/a.ts', "import { b } from '../runtime/b.ts'")])).toHaveLength(1)
  })

  test('sees an import from the side, even of a type', () => {
    expect(importsAgainstTheRows([source('src/wire/a.ts', "import type { B } from '../machines/b.ts'")])).toHaveLength(1)
  })

  test('sees a re-export and a dynamic import', () => {
    const text = "export { b } from '../cli/b.ts'\nconst c = await import('../cli/c.ts')"
    expect(importsAgainstTheRows([source('src/replay/a.ts', text)])).toHaveLength(2)
  })

  test('sees an import through an index.ts', () => {
    expect(importsAgainstTheRows([source('src/runtime/a.ts', "import { b } from '../log/index.ts'")])).toHaveLength(1)
  })

  test('sees an import that leaves src', () => {
    expect(importsAgainstTheRows([source('src/runtime/a.ts', "import { b } from '../../test/b.ts'")])).toHaveLength(1)
  })

  test('sees an import of a folder that has no row', () => {
    expect(importsAgainstTheRows([source('src/cli/a.ts', "import { b } from '../utils/b.ts'")])).toHaveLength(1)
  })

  test('allows lower rows, the own folder, and everything to the public index', () => {
    const allowed = [
      source('src/runtime/a.ts', "import { b } from '../wire/b.ts'\nimport { c } from './c.ts'"),
      source('src/index.ts', "export { a } from './runtime/a.ts'"),
    ]
    expect(importsAgainstTheRows(allowed)).toEqual([])
  })

  test.for([
    ["import { readFileSync } from 'node:fs'"],
    ['const now = Date.now()'],
    ['const now = new Date()'],
    ['const dice = Math.random()'],
    ['async function f() {}'],
    ['const home = process.env.HOME'],
  ])('sees that %s is not pure', ([text]) => {
    expect(impurities([source('src/log/a.ts', text as string)], () => true)).not.toEqual([])
  })

  test('does not mistake words in comments, strings and fields for impurity', () => {
    const text =
      "/** async, Date.now() */\nconst a = 'Math.random' // await\nconst b = entry.data.process.name\nconst c = Date.parse(entry.time)"
    expect(impurities([source('src/log/a.ts', text)], () => true)).toEqual([])
  })

  test('sees that a pure file takes a function from one that is not, and lets it have a type', () => {
    const files = [source('src/log/a.ts', "import { b } from './b.ts'\nimport type { C } from './c.ts'")]
    expect(impurities(files, (path) => path === 'src/log/a.ts')).toHaveLength(1)
  })

  test('sees a file of 301 lines and passes one of 300', () => {
    const lines = (count: number) => source(`src/log/${count}.ts`, 'x\n'.repeat(count))
    expect(filesTooLong([lines(300), lines(301)])).toEqual(['src/log/301.ts has 301 lines, more than 300.'])
  })

  test('sees output in the library and allows it to the command line', () => {
    const text = "console.log('x')"
    expect(outputOutsideOfCli([source('src/log/a.ts', text), source('src/cli/a.ts', text)])).toHaveLength(1)
  })

  test('sees a note that was left for later', () => {
    expect(forbiddenWords([source('src/log/a.ts', `// ${'TO'}${'DO'}: later`)])).toHaveLength(1)
  })

  test('sees a code without a paragraph and a paragraph without a code', () => {
    const found = undocumentedErrors([source('src/log/a.ts', "throw new RamureError('ERR_NEW', '…')")], '# Errors\n\n## ERR_OLD\n')
    expect(found).toHaveLength(2)
  })
})

function isListedPure(path: string): boolean {
  return PURE.some((entry) => (entry.endsWith('/') ? path.startsWith(entry) : path === entry))
}

function read(pattern: string): Source[] {
  return globSync(pattern, { cwd: ROOT, exclude: (path) => path.includes('node_modules') }).map((path) => ({
    path: path.replaceAll('\\', '/'),
    text: readFileSync(`${ROOT}${path}`, 'utf8'),
  }))
}

function source(path: string, text: string): Source {
  return { path, text }
}
