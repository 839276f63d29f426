import type { Json } from '../log/events.ts'
import { bytesText } from './figures.ts'
import { plain } from './text.ts'

/** A value on one line, safe for a terminal, as far as `charsMax` characters reach: `{ lines: 9, why: "late" }`. */
export function preview(value: Json, charsMax = 400): string {
  return render(value, { left: charsMax })
}

/** A text in quotes, with the size of what was left out: `"limit() ignores…" +412 B`. */
export function quoted(text: string, charsMax: number): string {
  const shown = plain(text, charsMax)
  if (text.length <= charsMax) return `"${shown}"`
  return `"${shown.trimEnd()}…" +${bytesText(Buffer.byteLength(text.slice(charsMax)))}`
}

interface Budget {
  left: number
}

function render(value: Json, budget: Budget): string {
  if (budget.left <= 0) return '…'
  if (typeof value === 'string') return spend(budget, quoted(value, Math.max(8, budget.left)))
  if (typeof value !== 'object' || value === null) return spend(budget, String(value))
  const blob = blobText(value)
  if (blob !== null) return spend(budget, blob)
  if (Array.isArray(value)) return list('[', value, ']', budget, (item: Json) => render(item, budget))
  // Arrays were handled above; the type of JSON cannot say so.
  return list('{ ', Object.entries(value as { [key: string]: Json }), ' }', budget, ([key, item]) => {
    const name = spend(budget, /^[A-Za-z_$][\w$]*$/.test(key) ? key.slice(0, 80) : quoted(key, 80))
    return `${name}: ${render(item, budget)}`
  })
}

function list<T>(open: string, items: readonly T[], close: string, budget: Budget, show: (item: T) => string): string {
  if (items.length === 0) return (open + close).replace(/\s/g, '')
  const shown: string[] = []
  // Brackets cost too, so that a value cannot go deeper than its preview is long.
  budget.left -= 2
  for (const item of items) {
    if (budget.left <= 0) {
      shown.push('…')
      break
    }
    shown.push(show(item))
    budget.left -= 2
  }
  return `${open}${shown.join(', ')}${close}`
}

function spend(budget: Budget, text: string): string {
  budget.left -= text.length
  return text
}

/** A value that is kept beside the log: what is known of it without reading it. */
function blobText(value: object): string | null {
  if (!('$blob' in value) || typeof value.$blob !== 'string') return null
  const start = 'preview' in value && typeof value.preview === 'string' ? quoted(value.preview.slice(0, 60), 60) : ''
  return `${start} (blob${'bytes' in value && typeof value.bytes === 'number' ? `, ${bytesText(value.bytes)}` : ''})`.trim()
}
