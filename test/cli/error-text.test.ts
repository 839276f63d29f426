import { expect, it } from 'vitest'
import { failureOf } from '../../src/cli/error-text.ts'

it.for(['EACCES', 'EROFS', 'ENOSPC', 'EMFILE', 'EIO'])('what the machine refuses (%s) is no mistake in ramure', (code) => {
  const failure = failureOf(Object.assign(new Error(`${code}: refused, open '/x'`), { code }))
  expect(failure).toMatchObject({ code: 'ERR_STORE_UNREACHABLE', exit: 9, stack: null, hint: expect.stringContaining('ramure doctor') })
})

it('anything else that was not expected is one, and says where', () => {
  expect(failureOf(new TypeError('x is not a function'))).toMatchObject({ code: 'ERR_INTERNAL', exit: 1, stack: expect.any(String) })
})
