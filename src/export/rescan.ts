/** A second look for secrets before something leaves the machine: they were masked when they were written. */
import type { Entry, Json } from '../log/events.ts'
import type { Redactor } from '../log/redact.ts'

export interface Secrets {
  /** Masks that the log brings along. */
  readonly masked: number
  /** Secrets that this look found, and masked. */
  readonly found: number
}

export interface Rescan {
  readonly secrets: Secrets
  /** The entry with what was found masked, and its data as JSON text. */
  look(entry: Entry): { readonly entry: Entry; readonly dataText: string }
}

/** Counts over all entries it is shown. */
export function rescan(redact: Redactor): Rescan {
  const secrets = { masked: 0, found: 0 }
  return {
    secrets,
    look(entry) {
      const text = JSON.stringify(entry.data)
      const before = masksIn(text)
      secrets.masked += before
      if (!redact.suspects(text)) return { entry, dataText: text }
      const data = redact(entry.data as Json)
      const dataText = JSON.stringify(data)
      secrets.found += Math.max(0, masksIn(dataText) - before)
      // Masking keeps the data what its type says.
      return { entry: { ...entry, data } as Entry, dataText }
    },
  }
}

function masksIn(text: string): number {
  let count = 0
  for (let at = text.indexOf(MASK); at !== -1; at = text.indexOf(MASK, at + MASK.length)) count += 1
  return count
}

const MASK = '‹masked:'
