import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { jsonlStore } from '../../src/log/jsonl.ts'
import { redactor } from '../../src/log/redact.ts'
import type { Sieve } from '../../src/log/store.ts'
import { conformance } from './conformance.ts'
import { all, emitted, RUN, seqOf, startLog } from './entries.ts'
import { tempFolder } from './temp.ts'

conformance('the JSONL store', () => jsonlStore(tempFolder()))
conformance('the JSONL store that syncs to disk', () => jsonlStore(tempFolder(), { durability: 'disk' }))

test('a run is a folder with one JSON object per line, LF only', async () => {
  const folder = tempFolder()
  const store = jsonlStore(folder)
  const log = startLog(store)
  log.append(emitted('line\nbreak \u2028 and é'))
  log.append({
    type: 'register',
    by: 'world',
    scope: '/demo#0',
    agent: 'builder',
    aseq: 1,
    cause: 1,
    id: 'b:1',
    data: { execution_id: RUN },
  })
  await log.close()
  expect(readFileSync(join(folder, RUN, 'events.jsonl'), 'utf8')).toBe(
    '{"seq":1,"time":"2026-11-21T09:00:00.001Z","type":"emit","by":"program","scope":"/demo#0","data":{"event":"note","data":"line\\nbreak \u2028 and é"}}\n' +
      `{"seq":2,"time":"2026-11-21T09:00:00.002Z","type":"register","by":"world","scope":"/demo#0","agent":"builder","aseq":1,"cause":1,"id":"b:1","data":{"execution_id":"${RUN}"}}\n`,
  )
})

test('folders are 0700 and files 0600, whatever the umask', async () => {
  const folder = join(tempFolder(), 'deep', 'logs')
  const store = jsonlStore(folder)
  const log = startLog(store)
  log.append(emitted('x'.repeat(100_000)))
  log.flush()
  const mode = (...parts: string[]): number => statSync(join(folder, ...parts)).mode & 0o777
  expect([mode('..'), mode(), mode(RUN), mode(RUN, 'blobs')]).toStrictEqual([0o700, 0o700, 0o700, 0o700])
  const files = [
    ...readdirSync(join(folder, RUN)).filter((name) => name !== 'blobs'),
    ...readdirSync(join(folder, RUN, 'blobs')).map((name) => `blobs/${name}`),
  ]
  expect(files.sort()).toStrictEqual([expect.stringMatching(/^blobs\/[0-9a-f]{64}$/), 'events.jsonl', 'run.lock'])
  for (const file of files) expect(mode(RUN, file)).toBe(0o600)
  await log.close()
})

test('secrets reach neither the file nor a blob', async () => {
  const folder = tempFolder()
  const store = jsonlStore(folder)
  const log = startLog(store, undefined, redactor({ MY_TOKEN: 'hunter2hunter2' }))
  const entry = log.append(emitted({ small: 'hunter2hunter2', long: `hunter2hunter2${'x'.repeat(100_000)}` }))
  await log.close()
  const files = readdirSync(join(folder, RUN), { recursive: true, withFileTypes: true }).filter((file) => file.isFile())
  expect(files).toHaveLength(2)
  for (const file of files) expect(readFileSync(join(file.parentPath, file.name), 'utf8')).not.toContain('hunter2')
  expect(JSON.stringify(entry)).toContain('"small":"‹masked:MY_TOKEN›"')
  expect(await all(store.read(RUN))).toStrictEqual([entry])
})

test('a run id cannot lead out of the folder', () => {
  const store = jsonlStore(tempFolder())
  for (const run of ['../x', '..', '.hidden', 'a/b', '', 'a\0b']) {
    expect(() => store.create(run)).toThrow(expect.objectContaining({ code: 'ERR_BAD_NAME' }))
  }
})

test('a damaged blob is not handed out; its entry is told as unreadable', async () => {
  const folder = tempFolder()
  const store = jsonlStore(folder)
  const log = startLog(store)
  log.append(emitted('x'.repeat(100_000)))
  await log.close()
  const [sha256 = ''] = readdirSync(join(folder, RUN, 'blobs'))
  writeFileSync(join(folder, RUN, 'blobs', sha256), 'something else')
  expect(await store.blob(RUN, sha256)).toBeNull()
  expect(await all(store.read(RUN))).toStrictEqual([
    { unreadable: { line: 1, after: null, before: null, reason: expect.stringContaining(sha256) } },
  ])
  expect(await all(store.read(RUN, { blobs: 'reference' }))).toHaveLength(1)
})

test('a deleted run is gone with everything beside it', async () => {
  const folder = tempFolder()
  const store = jsonlStore(folder)
  const log = startLog(store)
  log.append(emitted('x'.repeat(100_000)))
  await log.close()
  await store.delete(RUN)
  expect(readdirSync(folder)).toStrictEqual([])
})

test('lines that a sieve refuses are not decoded, in either direction; what is missing or out of order is told all the same', async () => {
  const folder = tempFolder()
  const store = jsonlStore(folder)
  const log = startLog(store)
  for (let n = 1; n <= 6; n += 1) log.append(emitted(n % 2 === 0 ? 'wanted' : 'odd'))
  await log.close()
  const path = join(folder, RUN, 'events.jsonl')
  const lines = readFileSync(path, 'utf8').split('\n')
  // The third is broken inside, the fifth is missing.
  lines[2] = (lines[2] ?? '').replace('"odd"', '"o')
  lines.splice(4, 1)
  writeFileSync(path, lines.join('\n'))
  const sieve: Sieve = ({ bytes, start, end }) => bytes.subarray(start, end).includes('wanted')
  const gap = { unreadable: { line: 5, after: 4, before: 6, reason: '1 entry is missing here' } }
  const shown = async (reverse: boolean) => (await all(store.read(RUN, { sieve, reverse }))).map(seqOf)
  expect(await shown(false)).toEqual([2, 4, gap, 6])
  expect(await shown(true)).toEqual([6, { unreadable: { ...gap.unreadable, line: 4 } }, 4, 2])
  expect((await all(store.read(RUN))).map(seqOf)).toHaveLength(6)
})
