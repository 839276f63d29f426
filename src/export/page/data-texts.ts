/** The data of entries as text to look in. It is read in the background, when somebody looks for a word for the first time. */
import type { Links } from '../links.ts'

export interface DataTexts {
  /** JSON text of the data of a row in lower case; empty while it has not been read. */
  of(index: number): string
  /** How many rows have been read, or have no line here. */
  readonly readCount: number
  /** True when there is more than can be kept. */
  readonly isFull: boolean
  /** Reads what has not been read. @param heard is told from which row to which, as it comes. */
  want(heard: (from: number, to: number) => void): Promise<void>
}

/** Some four times what 1,000,000 entries of a usual run have would be too much for a page. */
const CHARS_MAX = 400_000_000
const DATA = '"data":'

/** @param linesAfter yields lines of the log in order, those behind entry `seq`. */
export function dataTexts(links: Links, linesAfter: (seq: number) => AsyncIterable<readonly string[]>): DataTexts {
  const texts: string[] = []
  let readCount = 0
  let charsCount = 0
  let reading: Promise<void> | null = null

  const read = async (heard: (from: number, to: number) => void): Promise<void> => {
    for await (const lines of linesAfter(links.rows[readCount - 1]?.seq ?? 0)) {
      const from = readCount
      for (const line of lines) take(line)
      if (readCount > from) heard(from, readCount)
      if (charsCount > CHARS_MAX) return
    }
  }
  const take = (line: string): void => {
    const index = links.indexOf(seqOf(line))
    if (index === -1) return
    // The first `"data":` of a line is its own: the names before it are those of the envelope.
    texts[index] = line.slice(line.indexOf(DATA) + DATA.length).toLowerCase()
    charsCount += line.length
    readCount = index + 1
  }
  return {
    of: (index) => texts[index] ?? '',
    get readCount() {
      return readCount
    },
    get isFull() {
      return charsCount > CHARS_MAX
    },
    want: (heard) => (reading ??= read(heard).finally(() => (reading = null))),
  }
}

/** Every line of a log begins with its number. */
function seqOf(line: string): number {
  return Number.parseInt(line.slice('{"seq":'.length, 24), 10)
}
