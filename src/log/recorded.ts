import { RamureError } from './error.ts'
import type { Draft, Json } from './events.ts'
import { copyJson, wellFormed } from './json.ts'
import type { Redactor } from './redact.ts'

/** What is recorded of a draft's data. */
export interface Recorded {
  /** JSON of its own: well-formed, masked, out of reach of who made the draft. */
  readonly data: Json
  /** The same as text. */
  readonly text: string
}

/** Makes data what can be recorded. Throws ERR_ENTRY_TOO_LARGE. */
export function recorded({ data: given, type }: Draft, redact: Redactor): Recorded {
  const copy = copyJson(given)
  const text = textOf(copy, type)
  if (!redact.suspects(text)) return { data: copy, text }
  // What reads so in JSON text is a lone surrogate, or a text that speaks of one.
  const data = redact(text.includes('\\ud') ? wellFormed(copy) : copy)
  return data === copy ? { data, text } : { data, text: textOf(data, type) }
}

/** The text of what fits into an entry. Throws ERR_ENTRY_TOO_LARGE. */
export function textOf(data: Json, type: string): string {
  let text: string | null = null
  try {
    text = JSON.stringify(data)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  if (text !== null && text.length <= ENTRY_CHARACTERS_MAX) return text
  throw tooLarge(type, text === null ? 'more than 500 million' : text.length.toLocaleString('en'))
}

/** True for ERR_ENTRY_TOO_LARGE. */
export function isTooLarge(error: unknown): boolean {
  return error instanceof RamureError && error.code === 'ERR_ENTRY_TOO_LARGE'
}

/** JSON text that is longer is refused: whoever reads it needs several times as much memory, and far longer texts no JavaScript can hold. */
const ENTRY_CHARACTERS_MAX = 128 * 1024 * 1024

function tooLarge(type: string, characters: string): RamureError {
  return new RamureError(
    'ERR_ENTRY_TOO_LARGE',
    `The data of this '${type}' is ${characters} characters of JSON; at most 134,217,728 are recorded.`,
    {
      hint: 'Keep large things in files, and let the log have their paths.',
    },
  )
}
