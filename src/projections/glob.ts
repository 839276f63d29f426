/** Searching with `*` for anything, ignoring case. Takes no longer than the text is, whatever the pattern. */

/** Whether `pattern` is somewhere in `text`; a `*` stands for any characters between two parts, `\*` for a star. */
export function containsGlob(text: string, pattern: string): boolean {
  const where = text.toLowerCase()
  let at = 0
  for (const part of partsOf(pattern.toLowerCase())) {
    const found = where.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  return true
}

/** The texts between the stars of a pattern. */
export function partsOf(pattern: string): readonly string[] {
  const parts = ['']
  for (let at = 0; at < pattern.length; at += 1) {
    const isEscaped = pattern[at] === '\\' && (pattern[at + 1] === '*' || pattern[at + 1] === '\\')
    if (isEscaped) at += 1
    if (pattern[at] === '*' && !isEscaped) parts.push('')
    else parts[parts.length - 1] = `${parts.at(-1)}${pattern[at]}`
  }
  return parts
}
