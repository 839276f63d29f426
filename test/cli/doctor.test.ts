/** `ramure doctor` about homes and runs: what it says, what `--fix` does, and that it comes to an end. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { jsonlStore } from '../../src/log/jsonl.ts'
import { reviewLog } from '../projections/review-log.ts'
import { type Home, makeHome, ramure, record } from './home.ts'

const RUN = 'brisk-otter-4q7m2xk9'
const OTHER = 'gray-finch-0k2m4n6p'

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rt-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function doctor(home: Home, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}, now?: string) {
  const options = { env: { RAMURE_PI: '/nowhere/pi', TMUX_TMPDIR: temporary(), ...env }, ...(now === undefined ? {} : { now }) }
  const said = await ramure(home, ['doctor', '--json', ...args], options)
  const findings: { check: string; verdict: string; message: string; fix: string | null; repaired: string | null }[] = JSON.parse(
    said.stdout,
  ).data.findings
  return { exit: said.exit, of: (check: string) => findings.filter((finding) => finding.check === check) }
}

describe('ramure doctor and runs that vanished', () => {
  it('names them until --fix was asked for, then only counts them, and leaves their logs alone', async () => {
    const home = makeHome()
    await record(home, RUN, reviewLog(28))
    const before = readFileSync(join(home.logs, RUN, 'events.jsonl'))
    expect((await doctor(home)).of('runs')).toMatchObject([{ verdict: 'warn', message: `1 run vanished without an end: ${RUN}` }])
    expect((await doctor(home, ['--fix'])).of('runs')).toMatchObject([{ repaired: 'noted as seen; its log is as it was' }])
    expect((await doctor(home)).of('runs')).toMatchObject([
      { verdict: 'ok', message: 'no new run vanished; 1 vanished run was seen before (ramure ls --failed)' },
    ])
    expect(readFileSync(join(home.logs, RUN, 'events.jsonl')).equals(before)).toBe(true)
    const { data } = JSON.parse((await ramure(home, ['ls', '--failed', '--json'])).stdout)
    expect(data.runs).toMatchObject([{ run: RUN, status: 'orphaned' }])
    await record(home, OTHER, reviewLog(20))
    expect((await doctor(home)).of('runs')).toMatchObject([
      { verdict: 'warn', message: `1 run vanished without an end: ${OTHER}; 1 vanished run was seen before (ramure ls --failed)` },
    ])
  })

  it('names one again that went on and vanished once more', async () => {
    const home = makeHome()
    await record(home, RUN, reviewLog(28))
    await doctor(home, ['--fix'])
    const [next] = reviewLog(29).slice(-1)
    const writer = jsonlStore(home.logs).open(RUN)
    writer.append(29, JSON.stringify(next))
    await writer.close()
    expect((await doctor(home)).of('runs')).toMatchObject([{ verdict: 'warn' }])
  })
})

describe('ramure doctor and the room that logs take', () => {
  it('tells how old the oldest is, and what could go', async () => {
    const home = makeHome()
    const old = '2026-09-01T00:00:00.000Z'
    await record(
      home,
      RUN,
      reviewLog().map((entry) => ({ ...entry, time: old })),
    )
    await record(home, OTHER, reviewLog())
    utimesSync(join(home.logs, RUN, 'events.jsonl'), Date.parse(old) / 1000, Date.parse(old) / 1000)
    const [logs] = (await doctor(home, [], {}, '2026-11-21T10:00:00Z')).of('logs')
    expect(logs).toMatchObject({ verdict: 'ok' })
    expect(logs?.message).toMatch(
      /^2 runs, [\d.]+ kB in .*, the oldest of 2026-09-01; 1 run with [\d.]+ kB over for more than 30 days \(ramure gc --keep 30d\)$/,
    )
  })

  it('counts as gc does: all that is in the folder of a run, and only runs that are over', async () => {
    const home = makeHome()
    const old = Date.parse('2026-09-01T00:00:00Z')
    for (const run of [RUN, OTHER])
      await record(
        home,
        run,
        reviewLog().map((entry) => ({ ...entry, time: new Date(old).toISOString() })),
      )
    for (const run of [RUN, OTHER]) utimesSync(join(home.logs, run, 'events.jsonl'), old / 1000, old / 1000)
    mkdirSync(join(home.logs, RUN, 'blobs'))
    writeFileSync(join(home.logs, RUN, 'blobs', 'beside'), 'x'.repeat(5_000_000))
    const writer = jsonlStore(home.logs).open(OTHER)
    const [logs] = (await doctor(home, [], {}, '2026-11-21T10:00:00Z')).of('logs')
    const plan = (await ramure(home, ['gc', '--keep', '30d'], { now: '2026-11-21T10:00:00Z' })).stdout
    await writer.close()
    expect(logs?.message).toMatch(/^2 runs, 5\.0 MB in .*; 1 run with 5\.0 MB over for more than 30 days/)
    expect(plan).toMatch(/^would remove 1 run, 5\.0 MB/)
  })
})

describe('ramure doctor and an odd home', () => {
  it.for<[string, (path: string) => void, RegExp]>([
    ['a file', (path) => writeFileSync(path, ''), /is no folder$/],
    ['below a file', (path) => writeFileSync(path.replace(/\/[^/]+$/, ''), ''), /cannot be looked at: ENOTDIR/],
  ])('that is %s says so, once, and looks at the rest', async ([, make, message]) => {
    const root = join(temporary(), 'one', 'home')
    if (message.source.startsWith('is no')) mkdirSync(join(root, '..'), { recursive: true })
    make(root)
    const said = await doctor({ ...makeHome(), root }, [], { RAMURE_HOME: root })
    expect(said.exit).toBe(1)
    expect(said.of('home')).toMatchObject([
      { verdict: 'fail', message: expect.stringMatching(message), fix: expect.stringContaining('RAMURE_HOME') },
    ])
    expect([...said.of('sockets'), ...said.of('runs'), ...said.of('logs')]).toEqual([])
    expect(said.of('node')).toMatchObject([{ verdict: 'ok' }])
  })

  it('that cannot be made says where it fails', async () => {
    const said = await doctor(makeHome(), [], { RAMURE_HOME: '/proc/nowhere/home' })
    expect(said.of('home')).toMatchObject([
      { verdict: 'fail', message: '/proc/nowhere/home does not exist and cannot be made: /proc cannot be written by you' },
    ])
  })

  it('that holds other things is never closed to those who use them', async () => {
    const root = temporary()
    chmodSync(root, 0o755)
    writeFileSync(join(root, 'photos'), '')
    const said = await doctor(makeHome(), ['--fix'], { RAMURE_HOME: root })
    expect(said.of('home')).toMatchObject([{ verdict: 'warn', repaired: null, fix: 'set RAMURE_HOME to a folder of its own' }])
    expect(statSync(root).mode & 0o777).toBe(0o755)
  })

  it('that is relative is named in full', async () => {
    const said = await doctor(makeHome(), [], { RAMURE_HOME: './no-such-home' })
    expect(said.of('home')[0]?.message).toBe(`${join(process.cwd(), 'no-such-home')} does not exist yet; the first run makes it`)
  })

  it('that is nowhere is told how to be somewhere', async () => {
    expect(await ramure(makeHome(), ['doctor'], { env: { RAMURE_HOME: '', HOME: '' } })).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('ERR_NO_HOME'),
    })
  })
})
