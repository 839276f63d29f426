/** What a failed command says: to people on stderr, to machines as the envelope. */

import type { RamureError } from '../log/error.ts'
import { errorData } from '../log/error-data.ts'
import { exitCodeOf } from './exit-code.ts'
import type { Paint } from './paint.ts'
import { plainLines } from './text.ts'

export interface Failure {
  readonly code: string
  readonly message: string
  readonly hint: string | null
  readonly exit: number
  /** Where it happened, for mistakes of ours. */
  readonly stack: string | null
}

export function failureOf(error: unknown): Failure {
  if (isOurs(error))
    return { code: error.code, message: error.message, hint: error.hint ?? null, exit: exitCodeOf(error.code), stack: null }
  const { name, message, code } = errorData(error)
  if (code !== undefined && OF_THE_SYSTEM.has(code)) {
    return {
      code: 'ERR_STORE_UNREACHABLE',
      message,
      hint: 'what is wrong there, whose it is and how much room there is  ramure doctor',
      exit: exitCodeOf('ERR_STORE_UNREACHABLE'),
      stack: null,
    }
  }
  const hint = 'This is a mistake in ramure. Please report it with the command and this text.'
  const stack = error instanceof Error ? (error.stack ?? null) : null
  return { code: 'ERR_INTERNAL', message: name === 'Error' ? message : `${name}: ${message}`, hint, exit: 1, stack }
}

/** What the machine refuses: nobody made a mistake in ramure. */
const OF_THE_SYSTEM: ReadonlySet<string> = new Set([
  'EACCES',
  'EPERM',
  'ENOTDIR',
  'EROFS',
  'ENOSPC',
  'EDQUOT',
  'EFBIG',
  'EMFILE',
  'ENFILE',
  'EIO',
  'ELOOP',
  'ENAMETOOLONG',
  'ESTALE',
])

/** `ramure: <message>   ERR_CODE · exit n`, then what to do next. */
export function failureText({ code, message, hint, exit, stack }: Failure, paint: Paint): string {
  const [first = '', ...rest] = plainLines(message).split('\n')
  const head = `${paint('bad', 'ramure:')} ${first}   ${paint('faint', `${code} · exit ${exit}`)}`
  const hints =
    hint === null
      ? []
      : plainLines(hint)
          .split('\n')
          .map((line) => `  ${line}`)
  const where = stack === null ? [] : plainLines(stack).split('\n').slice(1)
  return [head, ...rest, ...hints, ...where.map((line) => paint('faint', line))].join('\n')
}

export function failureEnvelope({ code, message, hint }: Failure): string {
  return JSON.stringify({ v: 1, ok: false, error: { code, message, hint } })
}

/** Also one that another copy of the library threw: a program brings its own. */
function isOurs(error: unknown): error is RamureError {
  return error instanceof Error && error.name === 'RamureError' && 'code' in error && typeof error.code === 'string'
}
