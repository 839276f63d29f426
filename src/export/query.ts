/** What somebody types into the filter: words that must all be there, `field:value`, `-without`. */
import type { Row } from './row.ts'

/** True for rows that are asked for. */
export type Matches = (row: Row) => boolean

/** Fields that a term may name; `*` in its value stands for any letters. */
const FIELDS = ['agent', 'type', 'scope', 'by', 'is'] as const

/** Compiles a filter; null when it asks for everything. Anything is a filter: what is no field is a word to look for. */
export function query(text: string): Matches | null {
  const terms = termsOf(text)
  return terms.length === 0 ? null : (row) => terms.every((term) => term(row))
}

/** Terms end at spaces that are not inside of double quotes. */
function termsOf(text: string): Matches[] {
  const parts = text.toLowerCase().match(/-?(?:[a-z]+:)?(?:"[^"]*"?|[^\s"]+)/g) ?? []
  return parts.filter((part) => part !== '-').map(termOf)
}

function termOf(part: string): Matches {
  if (part.startsWith('-') && part.length > 1) {
    const without = termOf(part.slice(1))
    return (row) => !without(row)
  }
  const [, field = '', raw = ''] = /^([a-z]+):(.*)$/.exec(part) ?? []
  const value = raw.replaceAll('"', '')
  if (value !== '' && (FIELDS as readonly string[]).includes(field)) return fieldTerm(field as (typeof FIELDS)[number], value)
  const word = part.replaceAll('"', '')
  if (/^#\d+$/.test(word)) return (row) => row.seq === Number(word.slice(1))
  return (row) => haystack(row).includes(word)
}

function fieldTerm(field: (typeof FIELDS)[number], value: string): Matches {
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
      return (row) => (value === 'problem' ? isProblem(row) : value === 'detail' ? row.detail : row.opens === value)
  }
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
