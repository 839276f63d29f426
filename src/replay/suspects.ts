/** What a recording itself says may come out otherwise: what it did not catch, what it could not hold, what it hid. */
import type { Entry, Json } from '../log/events.ts'
import { labelOf } from '../log/label.ts'
import { hasMask } from './masked.ts'

export interface Suspect {
  readonly what: string
  /** `file:line:column`, or null for what came from the log itself. */
  readonly site: string | null
}

/** Warnings first, then what was masked among the inputs up to the `seq` `until`, the nearest first. */
export function suspectsIn(entries: readonly Entry[], until: number): readonly Suspect[] {
  return [...entries.flatMap(warned), ...maskedInputs(entries, until)]
}

function warned(entry: Entry): Suspect[] {
  if (entry.type !== 'warning' || entry.data.site === undefined) return []
  const { code, message, site } = entry.data
  return [{ what: WARNED[code] ?? message.split(' ', 1)[0] ?? code, site }]
}

const WARNED: { readonly [code: string]: string } = {
  ERR_UNRECORDED_WAKE: 'woken by something unrecorded',
  ERR_LOST_SCOPE: 'lost its scope',
  ERR_ARGUMENT_LOST: 'an argument that JSON cannot hold',
}

/** More would say no more: it is the values that are missing. */
const MASKED_MAX = 3

/** The program was given the secret; a replay gives it the mask, which is another text of another length. */
function maskedInputs(entries: readonly Entry[], until: number): Suspect[] {
  const inputs = entries.filter(({ seq, by }) => by === 'world' && seq <= until).toReversed()
  const found = inputs.filter(({ data }) => hasMask(data as Json)).slice(0, MASKED_MAX)
  const [header] = entries
  const places = header?.type === 'run_started' ? header.data.args.flatMap((arg, at) => (hasMask(arg) ? [`argument ${at}`] : [])) : []
  const named = [...found.map((entry) => `#${entry.seq} ${`${entry.type} ${labelOf(entry)}`.trim()}`), ...places]
  return named.map((place) => ({ what: `a secret that was masked in ${place}`, site: null }))
}
