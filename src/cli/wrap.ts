import { displayWidth, fit } from './text.ts'

/** `text` over lines of at most `width` columns, broken between words; those after the first begin with `margin` blanks. Null does not break. */
export function wrap(text: string, width: number | null, margin: number): string[] {
  if (width === null || displayWidth(text) <= width) return [text]
  const lines = ['']
  for (const word of text.split(/(?<=\s)(?=\S)/)) {
    const line = lines.at(-1) ?? ''
    const isFull = line.trim() !== '' && displayWidth((line + word).trimEnd()) > width
    if (isFull) lines.push(' '.repeat(margin) + word)
    else lines[lines.length - 1] = line + word
  }
  return lines.map((line) => fit(line.trimEnd(), width))
}
