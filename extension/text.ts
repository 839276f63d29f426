/** Texts and values as they go into an event: bounded, whole characters, plain JSON. */

export interface Cut {
  readonly text: string
  readonly truncated: boolean
  /** Bytes before the cut. */
  readonly bytes: number
}

/** At most `bytesMax` bytes of `text`, without splitting a character; 0 sets no bound. */
export function cut(text: string, bytesMax: number): Cut {
  const bytes = Buffer.byteLength(text)
  if (bytesMax === 0 || bytes <= bytesMax) return { text, truncated: false, bytes }
  const buffer = Buffer.from(text).subarray(0, bytesMax + 1)
  let end = bytesMax
  while (end > 0 && ((buffer[end] ?? 0) & 0xc0) === 0x80) end -= 1
  return { text: buffer.subarray(0, end).toString('utf8'), truncated: true, bytes }
}

/** The visible text of a message's or a result's content. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  return blocks(content, 'text')
    .map((block) => String(block.text ?? ''))
    .join('')
}

/** How many characters of thinking the content hides. */
export function thinkingCharacters(content: unknown): number {
  return blocks(content, 'thinking').reduce((sum, block) => sum + String(block.thinking ?? '').length, 0)
}

export function blocks(content: unknown, type: string): readonly Block[] {
  if (!Array.isArray(content)) return []
  return content.filter((block): block is Block => typeof block === 'object' && block !== null && (block as Block).type === type)
}

export type Block = Readonly<Record<string, unknown>>

/** True when arrays and objects nest deeper than `levels`. */
export function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1))
}
