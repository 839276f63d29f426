/** The test of a counterexample, put together from what stands in the files around it. */
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { exportedName } from './exported-name.ts'
import { type TestTextOptions, testText } from './test-text.ts'

interface TestFacts extends Pick<TestTextOptions, 'process' | 'invariant' | 'question' | 'run'> {
  /** The file that most outputs of the run are made in. */
  readonly program: string | null
  /** Where the property stands: `file:line:column`. */
  readonly site: string | null
}

/** Never rejects: a file that cannot be read is one of which nothing is known. */
export async function writtenTest({ program, site, ...facts }: TestFacts): Promise<string> {
  const path = site?.replace(/:\d+:\d+$/, '') ?? null
  const source = path === null ? null : await textOf(path)
  return testText({
    ...facts,
    runner: process.env.VITEST === undefined ? 'node:test' : 'vitest',
    program: program === null ? null : { path: program, exported: exportedName((await textOf(program)) ?? '', facts.process) },
    testFile: path === null || source === null ? null : { path, source },
    resolve: (file, to) => resolve(dirname(file), to),
  })
}

function textOf(file: string): Promise<string | null> {
  return readFile(file, 'utf8').catch(() => null)
}
