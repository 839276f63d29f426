/**
 * One look at JSON text for what is nearly never in it, instead of a walk through the value. Every entry pays for it, so what is
 * looked for begins with what is rare: V8 then passes over most letters with one comparison, or sixteen at a time.
 */

/** How a lone surrogate reads in JSON text: an escape, because nothing else of these is escaped; or a text that speaks of one. */
export const SURROGATE_HINT = String.raw`\\ud[89a-f]`

/**
 * Says whether JSON text may hold one of `values` or something that a hint (the source of an expression) finds; false is certain.
 * The hints are one expression, and values are no part of it: with more than about a dozen alternatives V8 tries each at every letter.
 */
export function suspicion(values: readonly string[], hints: readonly string[]): (encoded: string) => boolean {
  const hinted = new RegExp(hints.join('|'))
  const needles = values.map(needleOf)
  return (encoded) => {
    if (hinted.test(encoded)) return true
    for (const needle of needles) if (encoded.includes(needle)) return true
    return false
  }
}

/** Letters of JSON, the most common first; what is not here is rarer. */
const COMMON = ' etaoinsrlhdcumpfg"\\,.wyb0v:-/k_1x2j3q'
const NEEDLE_LENGTH_MIN = 4

/** The end of a value as it reads inside JSON, from its rarest letter on: the first letter is searched for first. */
function needleOf(value: string): string {
  const encoded = JSON.stringify(value).slice(1, -1)
  let start = 0
  for (let index = 1; index <= encoded.length - NEEDLE_LENGTH_MIN; index += 1)
    if (rarity(encoded.charAt(index)) > rarity(encoded.charAt(start))) start = index
  return encoded.slice(start)
}

function rarity(letter: string): number {
  const rank = COMMON.indexOf(letter)
  return rank === -1 ? COMMON.length : rank
}
