/** Recordings that were changed since they were written: by a disk, or by somebody who meant it. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { extend } from '../../src/log/checksum.ts'
import { jsonlStore } from '../../src/log/jsonl.ts'
import { acceptReplay } from '../../src/replay/accept.ts'
import { replayAll } from '../../src/replay/corpus.ts'
import { replay } from '../../src/replay/replay.ts'
import { step } from '../../src/runtime/effects.ts'
import { type AgentProcess, agentProcess, emit } from '../../src/runtime/process.ts'
import { sealed } from '../log/sealed.ts'
import { keep, tempFolder } from './kept.ts'

/** What it decides rests on an answer: a changed answer would be replayed as another decision. */
const judge = agentProcess('judge', async () => {
  const grade = await step('grade', () => 'good enough')
  emit(grade === 'good enough' ? 'accepted' : 'rejected', { grade })
})

const home = mkdtempSync(join(tmpdir(), 'ramure-changed-'))
let recorded = ''
beforeAll(async () => void (recorded = await kept(judge, home)))
afterAll(() => rmSync(home, { recursive: true, force: true }))

/** A recording whose end has a checksum, as those of real runs have. */
async function kept(process: AgentProcess<never, unknown>, folder: string): Promise<string> {
  const path = await keep(process, folder, 'recorded')
  const log = join(path, 'events.jsonl')
  writeFileSync(log, sealed(readFileSync(log)))
  return path
}

const whole = (): Buffer => readFileSync(join(recorded, 'events.jsonl'))
const linesOf = (log: Buffer): number => log.toString().split('\n').length - 1
/** Where the last line starts: the end of the run. */
const endOf = (log: Buffer): number => log.lastIndexOf(10, -2) + 1

/** A copy of the recording whose log is another one. */
function copyWith(log: Uint8Array, name = 'copy'): string {
  const path = join(tempFolder(), name)
  cpSync(recorded, path, { recursive: true })
  writeFileSync(join(path, 'events.jsonl'), log)
  return path
}

const changed = (log: Buffer): Buffer => Buffer.from(log.toString().replace('"value":"good enough"', '"value":"bad enough!"'))

describe('a recording of which a byte was changed', () => {
  test('is not replayed as if it were the one that was written', async () => {
    const verdict = await replay(judge, copyWith(changed(whole())))
    const among = { first: 1, last: linesOf(whole()) - 1 }
    expect(verdict).toMatchObject({
      verdict: 'cannot_tell',
      reason: { code: 'ERR_LOG_CORRUPT', message: expect.stringContaining(`one of the lines 1–${among.last}`), changed: among },
      rerun: { delivered: 0 },
    })
    expect(verdict).not.toHaveProperty('edited')
  })

  test('at any place before its end, in any bit, is never replayed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: endOf(whole()) - 1 }), fc.nat({ max: 7 }), async (offset, bit) => {
        const log = Buffer.from(whole())
        log[offset] = (log[offset] ?? 0) ^ (1 << bit)
        expect(await replay(judge, copyWith(log))).toMatchObject({ verdict: 'cannot_tell', rerun: { delivered: 0 } })
      }),
      { numRuns: 60 },
    )
  })

  test('in the name of a field of its first line is not replayed', async () => {
    for (const name of ['cwd', 'program', 'process', 'args', 'seed', 'code', 'run'])
      expect(
        await replay(
          judge,
          copyWith(
            Buffer.from(
              whole()
                .toString()
                .replace(`"${name}":`, `"${name.slice(1)}X":`),
            ),
          ),
        ),
      ).toMatchObject({
        verdict: 'cannot_tell',
        reason: { code: 'ERR_LOG_CORRUPT' },
      })
  })

  test('in the checksum itself is not replayed either, whatever it is now', async () => {
    for (const checksum of ['{"bytes":1,"crc32":2}', 'null', '"none"', '[]']) {
      const log = whole()
        .toString()
        .replace(/"checksum":\{[^}]*\}/, `"checksum":${checksum}`)
      expect(await replay(judge, copyWith(Buffer.from(log))), checksum).toMatchObject({ reason: { code: 'ERR_LOG_CORRUPT' } })
    }
  })

  test('is said to differ only behind what the snapshot beside it knows', async () => {
    const log = whole()
    const trusted = log.indexOf(10, log.indexOf(10) + 1) + 1
    const path = copyWith(changed(log))
    const position = { seq: 2, ...extend({ bytes: 0, crc32: 0 }, log.subarray(0, trusted)) }
    writeFileSync(join(path, 'snapshot.json'), JSON.stringify({ position }))
    expect(await replay(judge, path)).toMatchObject({ reason: { changed: { first: 3, last: linesOf(log) - 1 } } })
    writeFileSync(join(path, 'snapshot.json'), JSON.stringify({ position: { ...position, crc32: 1 } }))
    expect(await replay(judge, path)).toMatchObject({ reason: { changed: { first: 1 } } })
  })

  test('is replayed as it is now for whoever meant it, and the verdict says so', async () => {
    const edited = { first: 1, last: linesOf(whole()) - 1 }
    const verdict = await replay(judge, copyWith(changed(whole())), { edited: true, lenient: true })
    expect(verdict).toMatchObject({ verdict: 'diverged', divergences: [{ now: { label: 'rejected' } }], edited })
    const harmless = Buffer.from(whole().toString().replace('"node":"', '"node":"x'))
    expect(await replay(judge, copyWith(harmless), { edited: true })).toMatchObject({ verdict: 'identical', edited })
  })

  test('is neither accepted nor one of a corpus that is replayed, unless that was meant', async () => {
    const path = copyWith(changed(whole()))
    const folder = join(path, '..')
    expect(await acceptReplay(judge, path)).toMatchObject({ verdict: { verdict: 'cannot_tell' }, run: null })
    expect(await replayAll([judge], folder)).toMatchObject({
      verdict: 'cannot_tell',
      recordings: [{ verdict: { verdict: 'cannot_tell' } }],
    })
    expect(await replayAll([judge], folder, { edited: true })).toMatchObject({ recordings: [{ verdict: { verdict: 'diverged' } }] })
    const { run } = await acceptReplay(judge, path, { edited: true })
    expect(await replay(judge, join(folder, run ?? ''))).toMatchObject({ verdict: 'identical', divergences: [] })
  })
})

describe('a recording without a checksum', () => {
  test('is replayed: there is nothing to compare with', async () => {
    const cut = whole().subarray(0, endOf(whole()))
    const old = Buffer.from(
      whole()
        .toString()
        .replace(/,"checksum":\{[^}]*\}/, ''),
    )
    for (const log of [cut, old]) {
      const verdict = await replay(judge, copyWith(log))
      expect(verdict).toMatchObject({ verdict: 'identical' })
      expect(verdict).not.toHaveProperty('edited')
    }
  })
})

test('a recording that is as it was written is told from others however long it is', async () => {
  // Several blocks of 1 MiB, whose ends are inside of lines.
  const answers = Array.from({ length: 60 }, (_, nth) => `${nth} ${'x'.repeat(50_000)}`)
  const long = agentProcess('long', async () => {
    for (const answer of answers) emit('got', { length: (await step('ask', () => answer)).length })
  })
  const path = await kept(long, tempFolder())
  expect(await replay(long, path)).toMatchObject({ verdict: 'identical' })
  const log = readFileSync(join(path, 'events.jsonl'))
  expect(log.length).toBeGreaterThan(2 * 1024 * 1024)
  log[log.indexOf('xxx', 2_500_000)] = 121
  writeFileSync(join(path, 'events.jsonl'), log)
  expect(await replay(long, path)).toMatchObject({ verdict: 'cannot_tell', reason: { code: 'ERR_LOG_CORRUPT' } })
})

test('a store tells of the change before it gives the end, and only a reader from the first entry on', async () => {
  const path = copyWith(changed(whole()), 'told')
  const store = jsonlStore(join(path, '..'))
  const told: unknown[] = []
  const onChanged = (among: unknown): void => void told.push(among)
  for await (const item of store.read('told', { onChanged })) told.push('unreadable' in item ? 'unreadable' : item.type)
  expect(told.at(-1)).toBe('run_ended')
  expect(told.at(-2)).toStrictEqual({ first: 1, last: linesOf(whole()) - 1 })
  told.length = 0
  for (const options of [{ from: 2 }, { reverse: true }, { to: 3 }]) await Array.fromAsync(store.read('told', { ...options, onChanged }))
  expect(told).toStrictEqual([])
})
