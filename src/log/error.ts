/**
 * The one error class of ramure. `code` is stable and has a paragraph in docs/errors.md; `message` is a full sentence
 * with what was expected, what came and where; `hint` says what to do next.
 */
export class RamureError extends Error {
  override readonly name: string = 'RamureError'
  readonly code: string
  readonly hint: string | undefined

  constructor(code: string, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.hint = options.hint
  }
}
