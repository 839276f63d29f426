/** The test that a property kept beside its counterexample, as it reads in the folder it is wanted in. */
import { dirname, relative } from 'node:path'
import { RamureError } from '../log/error.ts'

export interface KeptTestPlace {
  /** Whole path of the test that is written. */
  readonly place: string
  /** Whole paths of the program: as it was, and as it is to be imported. */
  readonly kept: string | null
  readonly program: string
  readonly nodeTest: boolean
}

/** It imports every file by its whole path. Throws ERR_TEST_RUNNER for a check that needs Vitest where node:test is wanted. */
export function keptTest(text: string, { place, kept, program, nodeTest }: KeptTestPlace): string {
  const near = text.replaceAll(/ from '(\/[^']+)'$/gm, (_, path: string) => ` from '${fromTo(place, path === kept ? program : path)}'`)
  return nodeTest ? near.replace(RUNNER, (_, names: string) => forNodeTest(names)) : near
}

const RUNNER = /^import \{ ([^}]*) \} from 'vitest'$/m

function forNodeTest(names: string): string {
  const others = names.split(', ').filter((name) => name !== 'test' && !name.startsWith('type '))
  if (others.length === 0) return "import { test } from 'node:test'"
  throw new RamureError('ERR_TEST_RUNNER', `The check asks with ${others.join(', ')} of Vitest, which works in Vitest only.`, {
    hint: 'Leave --node-test out, or let the check ask with node:assert and run the property again.',
  })
}

/** How a file imports another one. */
export function fromTo(place: string, program: string): string {
  const path = relative(dirname(place), program).replaceAll('\\', '/')
  return path.startsWith('.') ? path : `./${path}`
}
