/** What somebody types into the filter: words that must all be there, `field:value`, `-without`. */
import type { Row } from './row.ts'

export interface Query {
  /** True when it asks for words: those may also be in the data of an entry, of which its row says only the beginning. */
  readonly looksAtData: boolean
  /** True when it names what it wants so closely that details are wanted as well. */
  readonly wantsDetails: boolean
  /** True for rows that are asked for. @param data JSON text of its data in lower case; empty while it is not known. */
  matches(row: Row, data?: string): boolean
}

/** Fields that a term may name; `*` in its value stands for any letters. */
const FIELDS = ['agent', 'type', 'scope', 'by', 'is'] as const
type Field = (typeof FIELDS)[number]

interface Term {
  readonly kind: Field | 'word' | 'number'
  readonly isTurned: boolean
  matches(row: Row, data: string): boolean
}

/** Compiles a filter; null when it asks for everything. Anything is a filter: what is no field is a word to look for. */
export function query(text: string): Query | null {
  const terms = termsOf(text)
  if (terms.length === 0) return null
  return {
    looksAtData: terms.some(({ kind }) => kind === 'word'),
    wantsDetails: terms.some(({ kind, isTurned }) => !isTurned && (kind === 'word' || kind === 'number' || kind === 'type')),
    matches: (row, data = '') => terms.every((term) => term.matches(row, data) !== term.isTurned),
  }
}

/** Terms end at spaces that are not inside of double quotes. */
function termsOf(text: string): Term[] {
  const parts = text.toLowerCase().match(/-?(?:[a-z]+:)?(?:"[^"]*"?|[^\s"]+)/g) ?? []
  return parts.filter((part) => part !== '-').map(termOf)
}

function termOf(part: string): Term {
  const isTurned = part.startsWith('-')
  const rest = isTurned ? part.slice(1) : part
  const [, field = '', raw = ''] = /^([a-z]+):(.*)$/s.exec(rest) ?? []
  const value = raw.replaceAll('"', '')
  const isField = value !== '' && (FIELDS as readonly string[]).includes(field)
  if (isField) return { kind: field as Field, isTurned, matches: fieldTerm(field as Field, value) }
  const word = rest.replaceAll('"', '')
  if (/^#\d+$/.test(word)) return { kind: 'number', isTurned, matches: (row) => row.seq === Number(word.slice(1)) }
  // Data is looked at as JSON.
  const inData = JSON.stringify(word).slice(1, -1)
  return { kind: 'word', isTurned, matches: (row, data) => haystack(row).includes(word) || data.includes(inData) }
}

function fieldTerm(field: Field, value: string): (row: Row) => boolean {
  const pattern = patternOf(value)
  switch (field) {
    case 'agent':
      return (row) => pattern.test(row.agent ?? '') || pattern.test(row.from ?? '')
    case 'type':
      return (row) => pattern.test(row.type)
    case 'scope':
      return (row) => row.scope.toLowerCase().includes(value)
    case 'by':
      return (row) => pattern.test(row.by)
    case 'is':
      return (row) => isOf(row, value)
  }
}

/** `is:failed`, `is:problem` (failed or warns), `is:detail`, or what it opens: `is:message`, `is:tool`, `is:turn`. */
function isOf(row: Row, value: string): boolean {
  if (value === 'failed') return row.tone === 'bad'
  if (value === 'problem') return isProblem(row)
  return value === 'detail' ? row.detail : row.opens === value
}

/** True for what went wrong or warns. */
export function isProblem(row: Row): boolean {
  return row.tone === 'bad' || row.tone === 'warn'
}

const texts = new WeakMap<Row, string>()

function haystack(row: Row): string {
  const known = texts.get(row)
  if (known !== undefined) return known
  const text = `#${row.seq} ${row.type} ${row.agent ?? ''} ${row.from ?? ''} ${row.scope} ${row.word} ${row.text} ${row.side}`.toLowerCase()
  texts.set(row, text)
  return text
}

function patternOf(value: string): RegExp {
  const alternatives = value.split(',').map((part) =>
    part
      .split('*')
      .map((piece) => piece.replace(/[^\w]/g, '\\$&'))
      .join('.*'),
  )
  return new RegExp(`^(?:${alternatives.join('|')})$`, 'i')
}
