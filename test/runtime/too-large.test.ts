import { expect, test } from 'vitest'
import { step } from '../../src/runtime/effects.ts'
import { emit } from '../../src/runtime/process.ts'
import { codeOf, record } from './harness.ts'

/** More JSON than an entry may have. */
const HUGE = 'x'.repeat(128 * 1024 * 1024)
const CODE = 'ERR_ENTRY_TOO_LARGE'

test('what is too large to be recorded is refused, live as in a rerun, and the run goes on', async () => {
  const run = await record(async () => {
    const codes = [await codeOf(() => emit('huge', HUGE)), await codeOf(() => step('huge', () => HUGE))]
    emit('small', codes)
    return step('small', () => codes)
  })
  expect(run.value()).toEqual([CODE, CODE])
  expect(run.of('emit').map(({ data }) => data)).toEqual([{ event: 'small', data: [CODE, CODE] }])
  expect(run.entries.map(({ seq }) => seq)).toEqual(run.entries.map((_, index) => index + 1))
})
