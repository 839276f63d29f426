/** `ramure gc`: what it plans, what it removes, what it never touches. */
import { fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { thisProcess } from '../../src/log/process-identity.ts'
import { reviewLog } from '../projections/review-log.ts'
import { type Home, makeHome, openRun, ramure, record } from './home.ts'

const DONE = 'brisk-otter-4q7m2xk9'
const GONE = 'gray-finch-0k2m4n6p'
const YOUNG = 'calm-newt-22222222'
const NOW = '2026-11-21T09:41:00.000Z'

const gc = (home: Home, ...args: readonly string[]) => ramure(home, ['gc', ...args], { now: NOW })
const planOf = async (home: Home, ...args: readonly string[]) => JSON.parse((await gc(home, ...args, '--json')).stdout).data
const namesOf = (runs: readonly { readonly run: string }[]) => runs.map(({ run }) => run)
const journalOf = (home: Home): { event: string; run: string }[] =>
  readFileSync(join(home.logs, 'gc.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

/** A run that was last written so many days ago: in its entries and by the clock of its file. */
async function recordOld(home: Home, run: string, days: number, until?: number): Promise<void> {
  const agoMs = days * 86_400_000
  await record(
    home,
    run,
    reviewLog(until).map((entry) => ({ ...entry, time: new Date(Date.parse(entry.time) - agoMs).toISOString() })),
  )
  age(home, run, days)
}

function age(home: Home, run: string, days: number): void {
  const at = Date.parse(NOW) / 1000 - days * 86_400
  utimesSync(join(home.logs, run, 'events.jsonl'), at, at)
}

async function homeWithRuns(): Promise<Home> {
  const home = makeHome()
  await recordOld(home, DONE, 45)
  await recordOld(home, GONE, 60, 30)
  await recordOld(home, YOUNG, 2)
  return home
}

describe('the plan of ramure gc', () => {
  it.for([60, 80, 120])('fits %i columns', async (width) => {
    const home = await homeWithRuns()
    mkdirSync(join(home.logs, 'my-notes'))
    const text = (await ramure(home, ['gc', '--keep', '30d'], { width, now: NOW })).stdout
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(width)
    await expect(text).toMatchFileSnapshot(`golden/gc-${width}.txt`)
  })

  it('is refused together with its opposite', async () => {
    const home = await homeWithRuns()
    const said = await gc(home, '--keep', '30d', '--dry-run', '--yes')
    expect(said).toMatchObject({ exit: 2, stdout: '', stderr: expect.stringContaining('--dry-run and --yes') })
    expect(readdirSync(home.logs)).toHaveLength(3)
  })

  it('is all there is without --yes, and with --dry-run', async () => {
    const home = await homeWithRuns()
    for (const args of [[], ['--dry-run']]) {
      const plan = await planOf(home, '--keep', '30d', ...args)
      expect(plan).toMatchObject({
        done: false,
        remove: [
          { run: GONE, how: 'orphaned' },
          { run: DONE, how: 'completed' },
        ],
        kept: [{ run: YOUNG, why: 'young' }],
      })
    }
    expect(readdirSync(home.logs).toSorted()).toEqual([DONE, YOUNG, GONE].toSorted())
  })

  it('keeps what failed when asked to', async () => {
    const plan = await planOf(await homeWithRuns(), '--keep', '30d', '--keep-failed')
    expect([namesOf(plan.remove), plan.kept.map((each: { why: string }) => each.why).toSorted()]).toEqual([[DONE], ['failed', 'young']])
  })

  it.for([[], ['--keep', 'soon'], ['--keep', '-3d'], ['--keep', '']])('is refused without a duration: %j', async (args) => {
    expect(await gc(makeHome(), ...args)).toMatchObject({ exit: 2, stderr: expect.stringContaining('ramure gc --keep 30d') })
  })

  it('goes by the last entry where the file was touched by nobody, and by the file where it was', async () => {
    const home = makeHome()
    await record(home, DONE, reviewLog())
    age(home, DONE, 400)
    await recordOld(home, GONE, 400)
    age(home, GONE, 1)
    expect((await planOf(home, '--keep', '30d')).remove).toEqual([])
  })

  it('counts a run from the future as young', async () => {
    const home = makeHome()
    await recordOld(home, DONE, -400)
    expect(namesOf((await planOf(home, '--keep', '0s')).remove)).toEqual([])
  })
})

describe('ramure gc --yes', () => {
  it('prints its plan, removes what it says, keeps the rest, and writes down both ends of each removal', async () => {
    const home = await homeWithRuns()
    const said = await gc(home, '--keep', '30d', '--yes')
    expect([said.exit, said.stderr]).toEqual([0, ''])
    expect(said.stdout).toMatch(/^removing 2 runs.*\n[\s\S]*\nremoved 2 runs, [\d.]+ kB; written down in gc\.jsonl beside them\n$/)
    expect(readdirSync(home.logs).toSorted()).toEqual([YOUNG, 'gc.jsonl'].toSorted())
    expect(journalOf(home)).toMatchObject([
      { event: 'removing', run: GONE, how: 'orphaned', process: 'review', bytes: expect.any(Number), last: expect.any(String), time: NOW },
      { event: 'removed', run: GONE },
      { event: 'removing', run: DONE, how: 'completed' },
      { event: 'removed', run: DONE },
    ])
    expect(namesOf(JSON.parse((await ramure(home, ['ls', '--all', '--json'])).stdout).data.runs)).toEqual([YOUNG])
  })

  it('never touches a live run, or one whose writer cannot be looked at', async () => {
    const home = await homeWithRuns()
    const log = openRun(home, 'mild-crane-11111111', () => 0)
    for (const { seq: _seq, time: _time, ...draft } of reviewLog(3)) log.append(draft)
    log.flush()
    age(home, 'mild-crane-11111111', 90)
    const lock = join(home.logs, DONE, 'run.lock')
    writeFileSync(lock, '')
    const claim = { ...thisProcess(), host: 'elsewhere', boot: 'another', nonce: 'a'.repeat(24), inode: lstatSync(lock).ino }
    writeFileSync(lock, JSON.stringify(claim))
    const plan = await planOf(home, '--keep', '1d', '--yes')
    await log.close()
    expect(plan.kept).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ run: 'mild-crane-11111111', why: 'live' }),
        expect.objectContaining({ run: DONE, why: 'unknown writer' }),
      ]),
    )
    expect(readdirSync(home.logs).toSorted()).toEqual([DONE, 'gc.jsonl', 'mild-crane-11111111'].toSorted())
  })

  it('leaves alone what is not surely a run, and follows no link out of the folder', async () => {
    const home = await homeWithRuns()
    const outside = join(home.root, 'outside')
    mkdirSync(join(outside, 'blobs'), { recursive: true })
    writeFileSync(join(outside, 'blobs', 'precious'), 'x')
    const head = readFileSync(join(home.logs, DONE, 'events.jsonl'))
    writeFileSync(join(outside, 'events.jsonl'), head)
    // A run's name on a link, a run with links inside, and folders that only look like runs.
    symlinkSync(outside, join(home.logs, 'tame-crow-33333333'))
    symlinkSync(join(outside, 'blobs'), join(home.logs, DONE, 'blobs'))
    for (const [name, text] of [
      ['neat-mole-44444444', '{"a":1}\n'],
      ['photos', head.toString()],
    ] as const) {
      mkdirSync(join(home.logs, name))
      writeFileSync(join(home.logs, name, 'events.jsonl'), text)
    }
    mkdirSync(join(home.logs, 'wise-lynx-55555555'))
    symlinkSync(join(outside, 'events.jsonl'), join(home.logs, 'wise-lynx-55555555', 'events.jsonl'))
    const plan = await planOf(home, '--keep', '0s', '--yes')
    expect(plan.odd).toEqual([
      { name: 'neat-mole-44444444', why: 'its events.jsonl does not begin as a run does' },
      { name: 'photos', why: 'its name is no run id' },
      { name: 'tame-crow-33333333', why: 'it is a link, or nothing that ramure makes' },
      { name: 'wise-lynx-55555555', why: 'its events.jsonl is no file of its own' },
    ])
    expect(namesOf(plan.removed).toSorted()).toEqual([DONE, GONE, YOUNG].toSorted())
    expect(readFileSync(join(outside, 'blobs', 'precious'), 'utf8')).toBe('x')
    expect(existsSync(join(outside, 'events.jsonl'))).toBe(true)
  })

  it('removes nothing without a note of it', async () => {
    const home = await homeWithRuns()
    const target = join(home.root, 'target')
    writeFileSync(target, '')
    symlinkSync(target, join(home.logs, 'gc.jsonl'))
    expect(await gc(home, '--keep', '30d', '--yes')).toMatchObject({ exit: 9, stderr: expect.stringContaining('ERR_STORE_JOURNAL') })
    expect(readFileSync(target, 'utf8')).toBe('')
    expect(readdirSync(home.logs)).toEqual(expect.arrayContaining([DONE, GONE, YOUNG]))
  })

  it('finishes what an interrupted one began', async () => {
    const home = await homeWithRuns()
    const tombstone = `.deleted-${DONE}-99999-1795241877440`
    renameSync(join(home.logs, DONE), join(home.logs, tombstone))
    rmSync(join(home.logs, tombstone, 'events.jsonl'))
    writeFileSync(join(home.logs, tombstone, 'rest'), 'x')
    expect((await gc(home, '--keep', '300d')).stdout).toContain('finishes 1 removal that was interrupted')
    expect(await planOf(home, '--keep', '300d', '--yes')).toMatchObject({
      leftovers: [tombstone],
      removed: [{ run: DONE, bytes: 1, outcome: 'removed', why: null }],
    })
    expect(readdirSync(home.logs).toSorted()).toEqual([YOUNG, GONE, 'gc.jsonl'].toSorted())
  })

  it('killed in the middle leaves no half run, and the next one finishes', async () => {
    const home = await homeWithRuns()
    writeFileSync(join(home.logs, GONE, 'beside'), 'x')
    const preload = new URL('../fixtures/killed-while-removing.ts', import.meta.url).href
    const child = fork(new URL('../../src/cli/main.ts', import.meta.url), ['gc', '--keep', '1d', '--yes'], {
      execArgv: ['--import', preload],
      env: { ...process.env, RAMURE_HOME: home.root },
      stdio: 'ignore',
    })
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL'])
    const [left] = readdirSync(home.logs).filter((name) => name.includes(GONE))
    expect(left).toMatch(/^\.deleted-/)
    expect(readdirSync(join(home.logs, left ?? ''))).toContain('beside')
    expect((await ramure(home, ['ls', '--all'])).exit).toBe(0)
    expect(namesOf((await planOf(home, '--keep', '300d', '--yes')).removed)).toEqual([GONE])
    expect(readdirSync(home.logs).filter((name) => name.includes(GONE))).toEqual([])
    expect(
      journalOf(home)
        .filter(({ run }) => run === GONE)
        .map(({ event }) => event),
    ).toEqual(['removing', 'finishing', 'removed'])
  })

  it('says what stays, and that somebody else was faster, and is content with both', async () => {
    const home = await homeWithRuns()
    const { lookForGc } = await import('../../src/log/gc-look.ts')
    const { removePlanned } = await import('../../src/log/gc.ts')
    const { jsonlStore } = await import('../../src/log/jsonl.ts')
    const { doneText } = await import('../../src/cli/gc-text.ts')
    const store = jsonlStore(home.logs)
    const planned = (await lookForGc(home.logs, store)).runs.find(({ run }) => run === DONE)
    if (planned === undefined) throw new Error('It was recorded.')
    // Somebody goes on with the run after the plan was made.
    const writer = store.open(DONE)
    const locked = removePlanned(home.logs, planned, Date.now)
    writer.append(writer.lastSeq + 1, '{}')
    await writer.close()
    const written = removePlanned(home.logs, planned, Date.now)
    rmSync(join(home.logs, DONE), { recursive: true })
    const gone = removePlanned(home.logs, planned, Date.now)
    expect([locked, written, gone]).toMatchObject([
      { outcome: 'kept', why: expect.stringContaining('is being written') },
      { outcome: 'kept', why: 'it was written to since the plan was made' },
      { outcome: 'gone', why: null },
    ])
    expect(existsSync(join(home.logs, 'gc.jsonl'))).toBe(false)
    expect(doneText([locked, gone])).toMatch(
      /^removed 0 runs, 0 B\n · brisk-otter\S+ stays: .*\n {3}brisk-otter\S+ was removed by somebody else/,
    )
  })

  it('ends with 0 when another gc has done it all, with 9 when something could not be removed', async () => {
    const home = await homeWithRuns()
    const both = await Promise.all([gc(home, '--keep', '1d', '--yes'), gc(home, '--keep', '1d', '--yes')])
    expect(both.map(({ exit, stderr }) => [exit, stderr])).toEqual([
      [0, ''],
      [0, ''],
    ])
    expect(readdirSync(home.logs)).toEqual(['gc.jsonl'])
    expect(journalOf(home).filter(({ event }) => event === 'removed')).toHaveLength(3)
    const other = await homeWithRuns()
    const tombstone = join(other.logs, `.deleted-${DONE}-1-1`)
    mkdirSync(join(tombstone, 'inside'), { recursive: true })
    const undo = hold(join(tombstone, 'inside'))
    const said = await gc(other, '--keep', '1d', '--yes')
    undo?.()
    if (undo === null) return
    expect([said.exit, said.stdout]).toEqual([9, expect.stringMatching(new RegExp(`removed 3 runs.*\n ✗ ${DONE} could not be removed: `))])
  })
})

/** Keeps a folder from being removed: by a mount where one may be made; else null. */
function hold(folder: string): (() => void) | null {
  const { status } = spawnSync('mount', ['-t', 'tmpfs', 'none', folder])
  if (status !== 0) return null
  const release = () => void spawnSync('umount', [folder])
  onTestFinished(release)
  return release
}
