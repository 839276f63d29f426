import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { encodeEntry } from '../../src/log/codec.ts'
import type { Entry } from '../../src/log/events.ts'
import { jsonlStore } from '../../src/log/jsonl.ts'
import type { LogStore, Unreadable } from '../../src/log/store.ts'
import { combine } from '../../src/projections/combine.ts'
import { foldItem, keptOf, nothingFolded } from '../../src/projections/folded.ts'
import { overview } from '../../src/projections/overview.ts'
import { toSnapshot } from '../../src/projections/snapshot.ts'
import { timeline } from '../../src/projections/timeline.ts'
import { anyLog } from '../projections/arbitrary.ts'
import { all, emitted, RUN, startLog } from './entries.ts'
import { MEMORY_DISK, tempFolder } from './temp.ts'

const everything = combine({ overview, timeline })

/** Calls `use` with a store that holds one run with the given lines. */
async function withLines<T>(lines: readonly string[], use: (store: LogStore) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(MEMORY_DISK, 'ramure-skim-'))
  try {
    mkdirSync(join(folder, RUN))
    writeFileSync(join(folder, RUN, 'events.jsonl'), lines.map((line) => `${line}\n`).join(''))
    return await use(jsonlStore(folder))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const textOf = (entry: Entry): string => encodeEntry(entry, JSON.stringify(entry.data))

/** Everything an entry says, looked at field by field. */
function plain(item: Entry | Unreadable): unknown {
  if ('unreadable' in item) return item
  const { seq, time, type, by, scope, agent, aseq, cause, source, id, data } = item
  return JSON.parse(JSON.stringify({ seq, time, type, by, scope, agent, aseq, cause, source, id, data }))
}

async function skimmed(store: LogStore, from = 1): Promise<unknown[]> {
  const items: unknown[] = []
  for await (const batch of store.skim(RUN, { from })) for (const item of batch) items.push(plain(item))
  return items
}

property.prop([anyLog], { numRuns: 60 })('folding what is skimmed gives the state of the parsed entries, at every prefix', async (log) => {
  await withLines(log.map(textOf), async (store) => {
    let [lazy, parsed] = [everything.initial(), everything.initial()]
    let seen = 0
    for await (const batch of store.skim(RUN)) {
      for (const item of batch) {
        if ('unreadable' in item) throw new Error(item.unreadable.reason)
        lazy = everything.apply(lazy, item)
        parsed = everything.apply(parsed, JSON.parse(textOf(log[seen++] as Entry)) as Entry)
        expect(toSnapshot(everything, lazy, seen)).toEqual(toSnapshot(everything, parsed, seen))
      }
    }
    expect(seen).toBe(log.length)
  })
})

const damage = fc.oneof(
  fc.record({ do: fc.constant('drop' as const), at: fc.nat() }),
  fc.record({ do: fc.constant('swap' as const), at: fc.nat() }),
  fc.record({ do: fc.constant('repeat' as const), at: fc.nat() }),
  fc.record({ do: fc.constant('cut' as const), at: fc.nat(), from: fc.nat() }),
  fc.record({ do: fc.constant('put' as const), at: fc.nat(), text: fc.constantFrom('', 'oops', '{"seq":3', '\0\0\0', '[]', '{"seq":1}') }),
)

property.prop([anyLog, fc.array(damage, { maxLength: 4 }), fc.nat()], { numRuns: 80 })(
  'of lines that are missing, out of place or no entries it tells what any reader tells, from anywhere on',
  async (log, damages, start) => {
    const lines = log.map(textOf)
    for (const one of damages) {
      const at = one.at % Math.max(1, lines.length)
      if (one.do === 'drop') lines.splice(at, 1)
      else if (one.do === 'put') lines.splice(at, 0, one.text)
      else if (one.do === 'repeat') lines.splice(at, 0, lines[at] ?? '')
      // Behind a brace a line may go on or not: only whoever looks at its data sees that it does.
      else if (one.do === 'cut') lines.splice(at, 1, (lines[at] ?? '').slice(0, one.from % 200).replace(/\}+$/, ''))
      else lines.splice(at, 2, ...lines.slice(at, at + 2).reverse())
    }
    const from = 1 + (start % (log.length + 2))
    await withLines(lines, async (store) => {
      expect(await skimmed(store, from)).toStrictEqual((await all(store.read(RUN, { from }))).map(plain))
    })
  },
)

test('long texts are put back, and a lost one costs its entry', async () => {
  const folder = tempFolder()
  const store = jsonlStore(folder)
  const log = startLog(store)
  log.append({ type: 'error', by: 'program', scope: '/', agent: 'a', aseq: 1, data: { error: 'é'.repeat(70_000) } })
  log.append(emitted({ $blob: 'mine' }))
  await log.close()
  expect(await skimmed(store)).toStrictEqual((await all(store.read(RUN))).map(plain))
  for (const blob of readdirSync(join(folder, RUN, 'blobs'))) rmSync(join(folder, RUN, 'blobs', blob))
  const folded = nothingFolded()
  for await (const batch of store.skim(RUN)) for (const item of batch) foldItem(folded, item)
  expect(folded.gaps).toMatchObject([{ line: 1, reason: expect.stringContaining('is not in the store') }])
})

test('a fold over several blocks of a file is that of its entries', async () => {
  const folder = tempFolder()
  const store = jsonlStore(folder)
  const log = startLog(store)
  for (let n = 0; n < 6_000; n += 1) log.append(emitted({ n, text: 'x'.repeat((n * 31) % 900) }, n % 3 === 0 ? 'a' : 'b'))
  await log.close()
  const [lazy, parsed] = [nothingFolded(), nothingFolded()]
  let batches = 0
  for await (const batch of store.skim(RUN)) {
    batches += 1
    for (const item of batch) foldItem(lazy, item)
  }
  for await (const item of store.read(RUN)) foldItem(parsed, item)
  expect(batches).toBeGreaterThan(2)
  expect(keptOf(lazy)).toEqual(keptOf(parsed))
  expect(await skimmed(store, 5_990)).toHaveLength(11)
})

test('whoever stops in the middle of a batch is told of the next one as if nothing had been left out', async () => {
  const folder = tempFolder()
  const store = jsonlStore(folder)
  const log = startLog(store)
  for (let n = 0; n < 3_000; n += 1) log.append(emitted({ text: 'x'.repeat(500) }, 'a'))
  await log.close()
  const firsts: unknown[] = []
  for await (const batch of store.skim(RUN)) {
    for (const item of batch) {
      firsts.push('unreadable' in item ? item : item.seq)
      break
    }
  }
  expect(firsts.length).toBeGreaterThan(1)
  expect(firsts).toStrictEqual(firsts.toSorted((left, right) => Number(left) - Number(right)))
})

test.each([
  '"type":"emit","by":"world","scope":"/","data":{"tool":"x}',
  '"type":"emit}',
  '"type":"tool_call","by":"world","scope":"/","agent":"a}',
])('a last line that ends in the middle of a text, %s, is no entry, and nothing behind it is looked at', async (end) => {
  const line = textOf({ seq: 1, time: '2026-11-21T09:00:00.000Z', ...emitted('a') } as Entry)
  await withLines([line, `{"seq":2,"time":"2026-11-21T09:00:00.000Z",${end}`], async (store) => {
    const folded = nothingFolded()
    for await (const batch of store.skim(RUN)) for (const item of batch) foldItem(folded, item)
    expect([folded.state.run.lastSeq, folded.gaps.length]).toStrictEqual(end.startsWith('"type":"emit","by"') ? [2, 0] : [1, 1])
  })
})

test('zeros inside of a line are seen, whoever looks at it', async () => {
  const line = (seq: number, text: string): string => textOf({ seq, time: '2026-11-21T09:00:00.000Z', ...emitted(text) } as Entry)
  await withLines([line(1, 'a'), line(2, 'bcd').replace('bcd', 'b\0d'), line(3, 'e')], async (store) => {
    expect(await skimmed(store)).toMatchObject([{ seq: 1 }, { unreadable: { line: 2, after: 1, before: 3 } }, { seq: 3 }])
  })
})
