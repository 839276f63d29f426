import { expect, test } from 'vitest'
import { jsonlStore } from '../../src/log/jsonl.ts'
import { emitted, RUN, startLog } from './entries.ts'
import { tempFolder } from './temp.ts'

async function runOf(count: number) {
  const store = jsonlStore(tempFolder())
  const log = startLog(store)
  const entries = Array.from({ length: count }, (_, n) =>
    log.append(emitted({ n, text: n === 5 ? 'long '.repeat(20_000) : 'é', $blob: 'mine' })),
  )
  await log.close()
  return { entries, at: (seqs: readonly number[]) => store.entriesAt?.(RUN, seqs) }
}

test('entries are found by their numbers, wherever in the log, with long texts in their place', async () => {
  const { entries, at } = await runOf(3000)
  for (const seqs of [[1], [3000], [6], [1, 2, 3], [6, 1500, 1502, 2999], []]) {
    expect(at(seqs)).toStrictEqual(seqs.map((seq) => entries[seq - 1]))
  }
})

test('an entry that is not there is no empty answer', async () => {
  const { at } = await runOf(10)
  expect(() => at([9, 11])).toThrow(expect.objectContaining({ code: 'ERR_LOG_LINE', message: expect.stringContaining('The entry 11') }))
})
