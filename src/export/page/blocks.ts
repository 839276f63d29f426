/** What the page brings along, or its server has: rows, and whole entries when one is opened. */
import type { Pack } from '../pack.ts'
import type { Summary } from '../summary.ts'

/** An entry as the log has it; only the fields that every line has are promised. */
export interface WholeEntry {
  readonly seq: number
  readonly time: string
  readonly type: string
  readonly by: string
  readonly scope: string
  readonly data: unknown
  readonly [field: string]: unknown
}

export function readSummary(): Summary {
  return JSON.parse(document.getElementById('summary')?.textContent ?? 'null') as Summary
}

/** Packs in order. A page of 100,000 rows has 25; each is inflated when it is asked for. */
export async function* readPacks(): AsyncGenerator<Pack, void> {
  for (const block of document.querySelectorAll('script[data-rows]')) yield JSON.parse(await inflate(block.textContent ?? '')) as Pack
}

/** Lines of the log behind entry `seq`, in order, some hundred at a time. A live run has more later. */
export function linesAfter(live: boolean): (seq: number) => AsyncGenerator<readonly string[], void> {
  return live ? fetchLines : inflateLines
}

async function* inflateLines(seq: number): AsyncGenerator<readonly string[], void> {
  for (const block of lineBlocks()) {
    if (Number(block.dataset['to']) > seq) yield (await inflate(block.textContent ?? '')).split('\n')
  }
}

async function* fetchLines(seq: number): AsyncGenerator<readonly string[], void> {
  for (let after = seq; ; ) {
    const answer = await fetch(`lines/${after + 1}`)
    const lines = answer.ok ? (await answer.text()).split('\n').filter((line) => line !== '') : []
    const last = lines.at(-1)
    if (last === undefined) return
    yield lines
    after = (JSON.parse(last) as WholeEntry).seq
  }
}

/** Finds whole entries; null for one that is not there. The block that was read last is kept. */
export function entryReader(live: boolean): (seq: number) => Promise<WholeEntry | null> {
  if (live) return fetchEntry
  const blocks = lineBlocks()
  let kept: { readonly block: HTMLElement; readonly lines: Promise<readonly string[]> } | null = null
  return async (seq) => {
    const block = blocks.find(({ dataset }) => Number(dataset['from']) <= seq && seq <= Number(dataset['to']))
    if (block === undefined) return null
    if (kept?.block !== block) kept = { block, lines: inflate(block.textContent ?? '').then((text) => text.split('\n')) }
    const line = (await kept.lines).find((text) => text.startsWith(`{"seq":${seq},`))
    return line === undefined ? null : (JSON.parse(line) as WholeEntry)
  }
}

function lineBlocks(): readonly HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>('script[data-from]')]
}

async function fetchEntry(seq: number): Promise<WholeEntry | null> {
  const answer = await fetch(`entry/${seq}`)
  return answer.ok ? ((await answer.json()) as WholeEntry) : null
}

async function inflate(base64: string): Promise<string> {
  const binary = atob(base64)
  const bytes = new Uint8Array(binary.length)
  for (let index = 0; index < binary.length; index += 1) bytes[index] = binary.charCodeAt(index)
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'))
  return new Response(stream).text()
}
