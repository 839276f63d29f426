import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync, gzipSync } from 'node:zlib'
import { fc, it as property } from '@fast-check/vitest'
import { describe, expect, it, onTestFinished } from 'vitest'
import { buildAndReview } from '../../examples/build-and-review.ts'
import { exportBundle } from '../../src/export/bundle.ts'
import { TAR_END, tarHeader, tarPadding } from '../../src/export/tar.ts'
import { importBundle } from '../../src/export/unbundle.ts'
import { runLog } from '../../src/log/append.ts'
import { sha256Hex } from '../../src/log/digest.ts'
import type { Draft, Entry } from '../../src/log/events.ts'
import { jsonlStore } from '../../src/log/jsonl.ts'
import { redactor } from '../../src/log/redact.ts'
import type { LogStore } from '../../src/log/store.ts'
import { verifyRun } from '../../src/log/verify.ts'
import { replay } from '../../src/replay/replay.ts'
import { sealed } from '../log/sealed.ts'
import { anyLog } from '../projections/arbitrary.ts'
import { reviewLog } from '../projections/review-log.ts'

const RUN = 'brisk-otter-4q7m2xk9'
const RECORDINGS = fileURLToPath(new URL('../recordings/v1', import.meta.url))

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'ramure-bundle-test-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

async function recorded(logs: string, entries: readonly Entry[]): Promise<LogStore> {
  const store = jsonlStore(logs)
  let next = 0
  const clock = (): number => Date.parse(entries[next]?.time ?? '')
  const log = runLog({ store, run: RUN, writer: store.create(RUN), clock, redact: redactor({}) })
  for (const { seq: _seq, time: _time, ...draft } of entries) {
    log.append(draft as Draft)
    next += 1
  }
  await log.close()
  return store
}

async function bundled(store: LogStore, options: { env?: Record<string, string>; withProgram?: boolean } = {}) {
  const pieces = exportBundle({ store, run: RUN, redact: redactor(options.env ?? {}), withProgram: options.withProgram ?? false })
  const parts: Uint8Array[] = []
  let next = await pieces.next()
  for (; next.done !== true; next = await pieces.next()) parts.push(next.value)
  return { bytes: Buffer.concat(parts), ...next.value }
}

async function read(store: LogStore): Promise<Entry[]> {
  const entries: Entry[] = []
  for await (const entry of store.read(RUN)) if ('seq' in entry) entries.push(entry)
  return entries
}

/** A bundle made by hand, as somebody would who means harm. */
function forged(files: readonly { readonly name: string; readonly content: string }[]): Buffer {
  const blocks = files.flatMap(({ name, content }) => [
    tarHeader({ name, bytes: Buffer.byteLength(content) }, 0),
    Buffer.from(content),
    tarPadding(Buffer.byteLength(content)),
  ])
  return gzipSync(Buffer.concat([...blocks, TAR_END]))
}

function manifestOf(files: readonly { readonly path: string; readonly content: string }[], more: object = {}): string {
  const listed = files.map(({ path, content }) => ({ path, bytes: Buffer.byteLength(content), sha256: sha256Hex(content) }))
  const about = { format: 'ramure-bundle', v: 1, run: RUN, ramure: '0.1.0', process: 'p', program: null, entries: 1 }
  return JSON.stringify({ ...about, secrets: { masked: 0, found: 0 }, files: listed, ...more })
}

const LINE = `${JSON.stringify({ ...reviewLog(1)[0] })}\n`
const LOG = { path: 'events.jsonl', content: LINE }

async function importOf(bytes: Buffer, bytesMax?: number): Promise<{ readonly code: string; readonly left: string[] }> {
  const home = await folder()
  const [logs, file] = [join(home, 'logs'), join(home, 'x.ramure')]
  writeFileSync(file, bytes)
  const code = await importBundle(file, { logs, ...(bytesMax === undefined ? {} : { bytesMax }) }).then(
    () => 'imported',
    (error: { code: string }) => error.code,
  )
  return { code, left: readdirSync(logs) }
}

describe('a bundle', () => {
  property.prop([anyLog], { numRuns: 25 })('gives back the very bytes of any run, and the same bundle again', async (log) => {
    const home = await folder()
    const [from, to, file] = [join(home, 'a'), join(home, 'b'), join(home, 'x.ramure')]
    const store = await recorded(from, log)
    const { bytes, entriesCount } = await bundled(store)
    writeFileSync(file, bytes)
    const imported = await importBundle(file, { logs: to })
    expect(imported).toMatchObject({ run: RUN, program: null, manifest: { entries: log.length } })
    expect(entriesCount).toBe(log.length)
    expect(readFileSync(join(to, RUN, 'events.jsonl'))).toEqual(readFileSync(join(from, RUN, 'events.jsonl')))
    expect((await bundled(jsonlStore(to))).bytes.equals(bytes)).toBe(true)
  })

  it('brings long texts along', async () => {
    const home = await folder()
    const [start] = reviewLog(1) as [Entry]
    const long = {
      ...start,
      seq: 2,
      type: 'emit',
      by: 'program',
      data: { event: 'e', data: ['é'.repeat(70_000), { $blob: 'mine' }] },
    } as Entry
    const store = await recorded(join(home, 'a'), [start, long])
    writeFileSync(join(home, 'x'), (await bundled(store)).bytes)
    await importBundle(join(home, 'x'), { logs: join(home, 'b') })
    expect((await read(jsonlStore(join(home, 'b'))))[1]?.data).toEqual(long.data)
  })

  it.for(['build-and-review-fails', 'demo'])('replays where it was taken to: %s', async (name) => {
    const home = await folder()
    const file = join(home, 'x')
    const pieces = exportBundle({ store: jsonlStore(RECORDINGS), run: name, redact: redactor({}) })
    const parts: Uint8Array[] = []
    for await (const piece of pieces) parts.push(piece)
    writeFileSync(file, Buffer.concat(parts))
    await importBundle(file, { logs: join(home, 'b') })
    expect(await replay(buildAndReview, join(home, 'b', name))).toMatchObject({ verdict: 'identical' })
  })

  it('is what tar and gzip understand', async () => {
    const home = await folder()
    writeFileSync(join(home, 'x.tgz'), (await bundled(await recorded(join(home, 'a'), reviewLog()))).bytes)
    const names = execFileSync('tar', ['tzf', join(home, 'x.tgz')], { encoding: 'utf8' })
      .trim()
      .split('\n')
    expect(names).toEqual([`${RUN}/manifest.json`, `${RUN}/events.jsonl`])
    const log = execFileSync('tar', ['xzOf', join(home, 'x.tgz'), `${RUN}/events.jsonl`], { encoding: 'utf8' })
    expect(log).toBe(readFileSync(join(home, 'a', RUN, 'events.jsonl'), 'utf8'))
  })

  describe('of a run with a text that turns out to be a secret', () => {
    const secret = 'correct-horse-battery'

    async function withSecret(home: string): Promise<LogStore> {
      const [start] = reviewLog(1) as [Entry]
      const said = { ...start, seq: 2, type: 'emit', by: 'program', data: { event: 'e', data: `${secret} ${'x'.repeat(70_000)}` } } as Entry
      const data = { outcome: 'completed', duration_ms: 1, checksum: { bytes: 0, crc32: 0 } }
      const store = await recorded(join(home, 'a'), [start, said, { ...start, seq: 3, type: 'run_ended', data } as Entry])
      const log = join(home, 'a', RUN, 'events.jsonl')
      writeFileSync(log, sealed(readFileSync(log)))
      return store
    }

    async function taken(store: LogStore, home: string): Promise<void> {
      const { bytes, secrets } = await bundled(store, { env: { DB_PASSWORD: secret } })
      expect(secrets).toEqual({ masked: 0, found: 1 })
      expect(gunzipSync(bytes).includes(secret)).toBe(false)
      writeFileSync(join(home, 'x'), bytes)
      await importBundle(join(home, 'x'), { logs: join(home, 'b') })
    }

    it('masks it, and is still whole for its own checksum', async () => {
      const home = await folder()
      await taken(await withSecret(home), home)
      expect(await verifyRun(join(home, 'b'), RUN)).toMatchObject({ verdict: 'whole', checksum: { result: 'ok' } })
    })

    it('refuses a log that was changed since it was written: it would get a checksum that is right', async () => {
      const home = await folder()
      const store = await withSecret(home)
      const log = join(home, 'a', RUN, 'events.jsonl')
      writeFileSync(log, readFileSync(log, 'utf8').replace('"event":"e"', '"event":"f"'))
      await expect(bundled(store, { env: { DB_PASSWORD: secret } })).rejects.toMatchObject({ code: 'ERR_LOG_CORRUPT' })
      await expect(bundled(store)).rejects.toMatchObject({ code: 'ERR_LOG_CORRUPT', message: expect.stringContaining('was changed') })
    })
  })

  it('takes the program along when it is asked to, as far as it is what was recorded and holds no secret', async () => {
    const home = await folder()
    const files = {
      'main.ts': 'export {}',
      'lib/a.ts': 'const a = 1',
      'changed.ts': 'old',
      'key.ts': `const k = 'sk-ant-${'x'.repeat(30)}'`,
    }
    mkdirSync(join(home, 'lib'))
    for (const [name, text] of Object.entries(files)) writeFileSync(join(home, name), name === 'changed.ts' ? 'new' : text)
    const digests = Object.fromEntries(
      Object.entries({ ...files, '../out.ts': '', 'gone.ts': '' }).map(([name, text]) => [name, sha256Hex(text)]),
    )
    const [start] = reviewLog(1) as [Entry]
    const data = { ...start.data, cwd: home, code: { commit: null, dirty: null, files: digests } }
    const store = await recorded(join(home, 'a'), [{ ...start, data } as Entry])
    const { bytes, programFiles, leftOut } = await bundled(store, { withProgram: true })
    expect(programFiles).toEqual(['program/main.ts', 'program/lib/a.ts'])
    expect(leftOut.map(({ path }) => path)).toEqual(['changed.ts', 'key.ts', '../out.ts', 'gone.ts'])
    writeFileSync(join(home, 'x'), bytes)
    const { program } = await importBundle(join(home, 'x'), { logs: join(home, 'b') })
    expect(readFileSync(join(program ?? '', 'lib/a.ts'), 'utf8')).toBe('const a = 1')
  })

  it('is not made of a log with a line that cannot be read', async () => {
    const home = await folder()
    const store = await recorded(home, reviewLog())
    const path = join(home, RUN, 'events.jsonl')
    writeFileSync(path, readFileSync(path, 'utf8').replace(/^\{"seq":20,.*$/m, 'garbage'))
    await expect(bundled(store)).rejects.toMatchObject({ code: 'ERR_LOG_CORRUPT' })
  })
})

describe('an import', () => {
  const whole = [
    { name: `${RUN}/manifest.json`, content: manifestOf([LOG]) },
    { name: `${RUN}/events.jsonl`, content: LINE },
  ] as const

  it('takes in what is whole', async () => {
    expect(await importOf(forged(whole))).toEqual({ code: 'imported', left: [RUN] })
  })

  it('never writes over a run, and leaves nothing behind', async () => {
    const home = await folder()
    const logs = join(home, 'logs')
    mkdirSync(join(logs, RUN), { recursive: true })
    writeFileSync(join(logs, RUN, 'mine'), 'mine')
    writeFileSync(join(home, 'x'), forged(whole))
    await expect(importBundle(join(home, 'x'), { logs })).rejects.toMatchObject({ code: 'ERR_RUN_EXISTS' })
    expect([readdirSync(logs), readdirSync(join(logs, RUN))]).toEqual([[RUN], ['mine']])
  })

  it.for([
    ['../../evil', 'program/../../evil'],
    ['an absolute path', '/etc/cron.d/evil'],
    ['a hidden file', 'program/.git/hooks/post-checkout'],
    ['a path for another system', 'program\\..\\evil'],
    ['the lock of a run', 'run.lock'],
    ['a blob that is no digest', 'blobs/../../evil'],
  ])('refuses %s in a manifest', async ([, path]) => {
    const evil = { path: path as string, content: 'evil' }
    const files = [
      { name: `${RUN}/manifest.json`, content: manifestOf([LOG, evil]) },
      whole[1],
      { name: `${RUN}/${evil.path}`.slice(0, 99), content: 'evil' },
    ]
    expect(await importOf(forged(files))).toEqual({ code: 'ERR_BUNDLE_UNSAFE', left: [] })
  })

  it.for(['../elsewhere', 'a/b', '.hidden', ''])('refuses the run name %j', async (run) => {
    const files = [{ name: `${RUN}/manifest.json`, content: manifestOf([LOG], { run }) }]
    expect(await importOf(forged(files))).toEqual({ code: 'ERR_BUNDLE_UNSAFE', left: [] })
  })

  it('refuses a file that the manifest does not name, and a link', async () => {
    expect((await importOf(forged([...whole, { name: `${RUN}/program/more.ts`, content: 'x' }]))).code).toBe('ERR_BUNDLE_UNSAFE')
    const tar = gunzipSync(forged(whole))
    const second = 512 + Math.ceil(Buffer.byteLength(whole[0].content) / 512) * 512
    tar[second + 156] = '2'.charCodeAt(0)
    const sum = tar.subarray(second, second + 512).reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0)
    tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, second + 148)
    expect(await importOf(gzipSync(tar))).toEqual({ code: 'ERR_BUNDLE_UNSAFE', left: [] })
  })

  it('refuses a bomb before it goes off', async () => {
    const files = [
      { name: `${RUN}/manifest.json`, content: manifestOf([LOG, { path: `program/zeros.txt`, content: '0'.repeat(2_000_000) }]) },
      whole[1],
    ]
    expect(await importOf(forged(files), 1_000_000)).toEqual({ code: 'ERR_BUNDLE_UNSAFE', left: [] })
    const lying = [whole[0], { name: `${RUN}/events.jsonl`, content: `${LINE}${' '.repeat(5_000_000)}` }]
    expect(await importOf(forged(lying), 1_000_000)).toEqual({ code: 'ERR_BUNDLE_DAMAGED', left: [] })
  })

  it.for([
    { secrets: null },
    { secrets: { masked: '3', found: 0 } },
    { secrets: { masked: -1, found: 0 } },
    { entries: 1.5 },
    { ramure: { version: 1 } },
  ])('refuses a manifest with %j', async (more) => {
    const files = [{ name: `${RUN}/manifest.json`, content: manifestOf([LOG], more) }, whole[1]]
    expect(await importOf(forged(files))).toEqual({ code: 'ERR_BUNDLE_DAMAGED', left: [] })
  })

  it('refuses a log that is none, though its digest is right', async () => {
    for (const content of ['not a log\n', LINE.slice(0, -1), LINE.replace('"seq":1', '"seq":2')]) {
      const files = [
        { name: `${RUN}/manifest.json`, content: manifestOf([{ path: 'events.jsonl', content }]) },
        { name: `${RUN}/events.jsonl`, content },
      ]
      expect(await importOf(forged(files)), content.slice(0, 20)).toEqual({ code: 'ERR_BUNDLE_DAMAGED', left: [] })
    }
  })

  it('refuses a bundle of a later format, and what is none', async () => {
    expect((await importOf(forged([{ name: `${RUN}/manifest.json`, content: manifestOf([LOG], { v: 2 }) }]))).code).toBe('ERR_BUNDLE_NEWER')
    for (const bytes of [Buffer.from(''), Buffer.from('<html>'), gzipSync('hello'), forged([])]) {
      expect(await importOf(bytes)).toEqual({ code: 'ERR_BUNDLE_DAMAGED', left: [] })
    }
  })

  property.prop([fc.nat(), fc.integer({ min: 1, max: 255 })], { numRuns: 60 })(
    'notices any byte that was changed inside',
    async (at, change) => {
      const tar = gunzipSync(forged(whole))
      const index = at % (tar.length - 1536)
      tar[index] = (tar[index] ?? 0) ^ change
      const { code, left } = await importOf(gzipSync(tar))
      // Padding, owner and time of a file say nothing about the run.
      if (code === 'imported') expect(left).toEqual([RUN])
      else expect([code.startsWith('ERR_BUNDLE_'), left]).toEqual([true, []])
      if (code === 'imported') expect(isBetweenFiles(index, Buffer.byteLength(whole[0].content))).toBe(true)
    },
  )

  property.prop([fc.nat()], { numRuns: 40 })('notices any end that was cut off', async (at) => {
    const bytes = forged(whole)
    expect(await importOf(bytes.subarray(0, at % bytes.length))).toEqual({ code: 'ERR_BUNDLE_DAMAGED', left: [] })
  })
})

/** Where a byte may differ: not in a header, whose sum would be wrong, but for what ends that sum; and not in what the manifest names. */
function isBetweenFiles(index: number, manifestBytes: number): boolean {
  const second = 512 + Math.ceil(manifestBytes / 512) * 512
  if ([154, 155, second + 154, second + 155].includes(index)) return true
  const isManifest = index >= 512 && index < second
  const isPadding = index >= second + 512 + Buffer.byteLength(LINE)
  return isManifest || isPadding
}
