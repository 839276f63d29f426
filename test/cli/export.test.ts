/** export, import and open: what they write, where, and what they say of it. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { reviewLog } from '../projections/review-log.ts'
import { type Home, makeHome, openRun, ramure, record } from './home.ts'

const RUN = 'brisk-otter-4q7m2xk9'

async function homeWithRun(): Promise<Home> {
  const home = makeHome()
  await record(home, RUN, reviewLog())
  return home
}

const sameEverywhere = (text: string, home: Home): string => text.replaceAll(home.root, '~').replace(/[\d.]+ (kB|MB)/g, 'n kB')

describe('ramure export', () => {
  it.for(['html', 'perfetto', 'otlp', 'bundle'])('writes --%s for the eyes of the user only, and says what is in it', async (format) => {
    const home = await homeWithRun()
    const file = join(home.root, `out.${format}`)
    const said = await ramure(home, ['export', 'brisk', `--${format}`, '-o', file])
    await expect(sameEverywhere(said.stdout, home)).toMatchFileSnapshot(`golden/export-${format}.txt`)
    expect([said.exit, said.stderr, statSync(file).mode & 0o777]).toEqual([0, '', 0o600])
    expect(readdirSync(home.root).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  it('takes the format from the name of the file, and makes a bundle when nothing says another', async () => {
    const home = await homeWithRun()
    const formats = ['a.html', 'a.perfetto.json', 'a.otlp.jsonl', 'a.ramure', 'a.other'].map(async (name) => {
      const said = await ramure(home, ['export', 'brisk', '-o', join(home.root, name), '--json'])
      return JSON.parse(said.stdout).data.format
    })
    expect(await Promise.all(formats)).toEqual(['html', 'perfetto', 'otlp', 'bundle', 'bundle'])
  })

  it('answers machines with file, size, entries and secrets', async () => {
    const home = await homeWithRun()
    const file = join(home.root, 'x.html')
    const { data } = JSON.parse((await ramure(home, ['export', 'brisk', '-o', file, '--json'])).stdout)
    expect(data).toMatchObject({ run: RUN, format: 'html', file, entriesCount: 41, secrets: { masked: 0, found: 0 } })
    expect(data.bytes).toBe(statSync(file).size)
  })

  it('never writes over a file unless it is told to, nor into a folder that is not there', async () => {
    const home = await homeWithRun()
    const file = join(home.root, 'mine.html')
    writeFileSync(file, 'mine')
    expect(await ramure(home, ['export', 'brisk', '-o', file])).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('ERR_FILE_EXISTS'),
    })
    expect(readFileSync(file, 'utf8')).toBe('mine')
    expect((await ramure(home, ['export', 'brisk', '-o', file, '--force'])).exit).toBe(0)
    expect(readFileSync(file, 'utf8')).toMatch(/^<!doctype html>/)
    expect(await ramure(home, ['export', 'brisk', '-o', join(home.root, 'no/x.html')])).toMatchObject({ exit: 3 })
    expect(await ramure(home, ['export', 'brisk', '-o', home.root])).toMatchObject({ exit: 2 })
  })

  it('writes to stdout with -o -, but no bundle, and takes one format', async () => {
    const home = await homeWithRun()
    const said = await ramure(home, ['export', 'brisk', '--perfetto', '-o', '-'])
    expect(JSON.parse(said.stdout).traceEvents.length).toBeGreaterThan(20)
    expect(said.stderr).toBe('0 secrets masked at write, 0 found in a rescan\n')
    expect((await ramure(home, ['export', 'brisk', '-o', '-'])).exit).toBe(2)
    expect((await ramure(home, ['export', 'brisk', '--html', '--otlp'])).exit).toBe(2)
  })

  it('leaves out what cannot be read and says so, with exit 8', async () => {
    const home = await homeWithRun()
    const path = join(home.logs, RUN, 'events.jsonl')
    writeFileSync(path, readFileSync(path, 'utf8').replace(/^\{"seq":20,.*$/m, 'garbage'))
    const said = await ramure(home, ['export', 'brisk', '-o', join(home.root, 'x.html')])
    expect([said.exit, said.stderr]).toEqual([8, '1 stretch of the log could not be read and is left out\n'])
    expect(await ramure(home, ['export', 'brisk', '-o', join(home.root, 'x.ramure')])).toMatchObject({
      exit: 8,
      stderr: expect.stringContaining('ERR_LOG_CORRUPT'),
    })
    expect(existsSync(join(home.root, 'x.ramure'))).toBe(false)
  })

  it('masks what the log should not have held', async () => {
    const home = await homeWithRun()
    const file = join(home.root, 'x.html')
    const env = { MY_TOKEN: 'Implement: fizzbuzz' }
    const said = await ramure(home, ['export', 'brisk', '-o', file], { env })
    expect(said.stdout).toContain('0 secrets masked at write, 1 found in a rescan and masked here')
  })
})

describe('ramure import', () => {
  it('takes in a bundle as a run like any other, once', async () => {
    const [home, other] = [await homeWithRun(), makeHome()]
    const file = join(home.root, 'x.ramure')
    await ramure(home, ['export', 'brisk', '-o', file])
    const said = await ramure(other, ['import', file])
    await expect(sameEverywhere(said.stdout, other)).toMatchFileSnapshot('golden/import.txt')
    expect((await ramure(other, ['status', 'brisk'])).stdout).toBe((await ramure(home, ['status', 'brisk'])).stdout)
    expect(await ramure(other, ['import', file])).toMatchObject({ exit: 2, stderr: expect.stringContaining('ERR_RUN_EXISTS') })
    expect((await ramure(other, ['verify', 'brisk'])).exit).toBe(0)
  })

  it('refuses what is no bundle, what is too large and what is not there', async () => {
    const home = await homeWithRun()
    const file = join(home.root, 'x.ramure')
    await ramure(home, ['export', 'brisk', '-o', file])
    const other = makeHome()
    expect(await ramure(other, ['import', join(home.logs, RUN, 'events.jsonl')])).toMatchObject({ exit: 8 })
    expect(await ramure(other, ['import', file, '--max-bytes', '100'])).toMatchObject({
      exit: 8,
      stderr: expect.stringContaining('ERR_BUNDLE_UNSAFE'),
    })
    expect(await ramure(other, ['import', join(home.root, 'none')])).toMatchObject({ exit: 3 })
    expect(await ramure(other, ['import', file, '--max-bytes', 'lots'])).toMatchObject({ exit: 2 })
    expect(readdirSync(other.logs)).toEqual([])
  })
})

describe('ramure open', () => {
  it('writes the page of a run that is over beside the runs, and prints where', async () => {
    const home = await homeWithRun()
    const said = await ramure(home, ['open', 'brisk', '--no-browser'])
    expect(said).toMatchObject({ exit: 0, stdout: `${join(home.root, 'pages', `${RUN}.html`)}\n` })
    expect(readFileSync(said.stdout.trim(), 'utf8')).toMatch(/^<!doctype html>/)
    expect((await ramure(home, ['open', 'brisk', 'first', '--no-browser'])).exit).toBe(2)
    expect((await ramure(home, ['open', '12', '--no-browser'])).stdout).toBe(`${pathToFileURL(said.stdout.trim()).href}#e12\n`)
    expect(await ramure(home, ['open', '99999', '--no-browser'])).toMatchObject({
      exit: 3,
      stdout: '',
      stderr: expect.stringContaining(`${RUN} has no entry #99999; its last one is #41.   ERR_ENTRY_NOT_FOUND`),
    })
  })

  it('serves a live run on loopback to who knows the address, until it is interrupted', async () => {
    const home = makeHome()
    const log = openRun(home, RUN)
    for (const { seq: _seq, time: _time, ...draft } of reviewLog(20)) log.append(draft)
    log.flush()
    const interrupted = new AbortController()
    const url = Promise.withResolvers<string>()
    const onOutput = (text: string): void => {
      if (text.includes('\n')) url.resolve(text.trim())
    }
    const running = ramure(home, ['open', '99', '--no-browser'], { signal: interrupted.signal, onOutput })
    const said = await url.promise
    expect(said).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}\/#e99$/)
    const address = said.replace('#e99', '')
    const statusOf = async (to: string, init: RequestInit = {}): Promise<number> => (await fetch(to, init)).status
    const other = address.replace(/[0-9a-f]{32}/, '0'.repeat(32))
    const root = new URL('/', address).href
    expect(await Promise.all([statusOf(address), statusOf(`${address}entry/5`), statusOf(`${address}entry/99`)])).toEqual([200, 200, 404])
    expect(await Promise.all([other, root, `${root}entry/5`, `${address}../x`].map((to) => statusOf(to)))).toEqual([404, 404, 404, 404])
    expect(await Promise.all([`${root}lines/1`, `${other}lines/1`, `${address}lines/0`].map((to) => statusOf(to)))).toEqual([404, 404, 404])
    expect((await (await fetch(`${address}lines/19`)).text()).split('\n')).toHaveLength(2)
    expect(await statusOf(address, { method: 'POST' })).toBe(404)
    const page = await fetch(address)
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; .*connect-src 'self'.*frame-ancestors 'none'$/)
    interrupted.abort()
    expect(await running).toMatchObject({ exit: 130, stderr: expect.stringContaining('#99 has not come yet') })
    await expect(fetch(address)).rejects.toThrow()
    await log.close()
  })
})
