import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { jsonlStore } from '../../src/log/jsonl.ts'
import { redactor } from '../../src/log/redact.ts'
import { conformance } from './conformance.ts'
import { all, emitted, RUN, startLog } from './entries.ts'
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
