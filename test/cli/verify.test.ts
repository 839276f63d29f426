/** `ramure verify`: what it says of whole and damaged runs, and how it ends. */
import { mkdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { appendEnd } from '../../src/log/ended.ts'
import { reviewLog } from '../projections/review-log.ts'
import { type Home, makeHome, openRun, ramure } from './home.ts'

const WHOLE = 'brisk-otter-4q7m2xk9'
const TORN = 'gray-finch-0k2m4n6p'
const BAD = 'mild-crane-11111111'

const fileOf = (home: Home, run: string): string => join(home.logs, run, 'events.jsonl')

/** The review's log, with the counts its agents would have given it, and the checksum of its end. */
async function recordSealed(home: Home, run: string): Promise<void> {
  const entries = reviewLog()
  let at = 0
  const log = openRun(home, run, () => Date.parse(entries[at]?.time ?? ''))
  for (const { seq: _seq, time: _time, ...draft } of entries) {
    if (draft.type === 'run_ended') appendEnd(log, draft.data)
    else log.append(draft)
    at += 1
  }
  await log.close()
}

async function homeWithRuns(): Promise<Home> {
  const home = makeHome()
  for (const run of [WHOLE, TORN, BAD]) await recordSealed(home, run)
  const lines = readFileSync(fileOf(home, TORN), 'utf8').split('\n')
  writeFileSync(fileOf(home, TORN), `${lines.slice(0, 30).join('\n')}\n{"seq":31,"ti`)
  writeFileSync(join(home.logs, TORN, 'events.torn'), 'half a line')
  const bad = readFileSync(fileOf(home, BAD), 'utf8').split('\n')
  writeFileSync(fileOf(home, BAD), bad.with(19, '\u001b[2Jgarbage').toSpliced(30, 2).join('\n'))
  const bySecond = [WHOLE, TORN, BAD].entries()
  for (const [index, run] of bySecond) utimesSync(fileOf(home, run), 1_800_000_000 + index, 1_800_000_000 + index)
  return home
}

const everything = async (home: Home, options: { width?: number; colour?: boolean }): Promise<string> => {
  const said = [WHOLE, TORN, BAD, '--all'].map((what) => ramure(home, ['verify', what], options))
  return (await Promise.all(said)).map(({ stdout }) => stdout).join('\n')
}

describe('ramure verify', () => {
  it.for([60, 80, 120])('fits %i columns', async (width) => {
    const text = await everything(await homeWithRuns(), { width })
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(width)
    await expect(text).toMatchFileSnapshot(`golden/verify-${width}.txt`)
  })

  it('is not cut where there is no terminal, and says the same in colour', async () => {
    const home = await homeWithRuns()
    await expect(await everything(home, {})).toMatchFileSnapshot('golden/verify-piped.txt')
    await expect(await everything(home, { width: 80, colour: true })).toMatchFileSnapshot('golden/verify-80-colour.txt')
  })

  it('ends with 0 for a whole run, torn or not, with 8 for a damaged one, with 3 for none', async () => {
    const home = await homeWithRuns()
    const exits = [WHOLE, TORN, BAD, '--all', 'nothing-here'].map(async (what) => (await ramure(home, ['verify', what])).exit)
    expect(await Promise.all(exits)).toEqual([0, 0, 8, 8, 3])
    const elsewhere = join(home.root, 'elsewhere')
    const all = async () => (await ramure(home, ['verify', '--all', '--log-dir', elsewhere])).exit
    expect(await all()).toBe(3)
    mkdirSync(elsewhere)
    expect(await all()).toBe(0)
  })

  it('says that a replay refuses the log only where it does', async () => {
    const home = await homeWithRuns()
    const next = async (run: string): Promise<string> => (await ramure(home, ['verify', run])).stdout.split('\n').at(-2) ?? ''
    expect(await next(BAD)).toMatch(/replay refuses it$/)
    const whole = readFileSync(fileOf(home, WHOLE), 'utf8')
    // A letter inside a text: only the checksum is wrong.
    writeFileSync(fileOf(home, WHOLE), whole.replace('fizzbuzz', 'fizzbuzy'))
    expect(await next(WHOLE)).toMatch(/replay refuses it$/)
    // Garbage at the end of a log without an end: what is before it can be replayed.
    writeFileSync(fileOf(home, WHOLE), `${whole.split('\n').slice(0, 9).join('\n')}\ngarbage\n`)
    expect(await next(WHOLE)).toMatch(/reads on past the damage$/)
  })

  it('takes the path of a run that is elsewhere', async () => {
    const home = await homeWithRuns()
    const kept = join(home.root, 'kept')
    renameSync(join(home.logs, BAD), kept)
    expect(await ramure(home, ['verify', kept])).toMatchObject({ exit: 8, stdout: expect.stringContaining('kept  ✗ damaged in 2 places') })
    expect((await ramure(home, ['verify', `${kept}/events.jsonl`, '--json'])).exit).toBe(8)
    expect((await ramure(home, ['verify', join(home.root, 'nowhere')])).exit).toBe(3)
  })

  it('does not look at every run when one is named', async () => {
    const said = await ramure(await homeWithRuns(), ['verify', '--all', WHOLE])
    expect(said).toMatchObject({ exit: 2, stdout: '', stderr: expect.stringContaining(`"${WHOLE}" names one`) })
  })

  it('answers machines with the whole report, also when the run is damaged', async () => {
    const said = await ramure(await homeWithRuns(), ['verify', 'mild', '--json'])
    const { v, ok, data } = JSON.parse(said.stdout)
    expect([said.exit, v, ok, said.stderr]).toEqual([8, 1, true, ''])
    expect(data).toMatchObject({
      run: BAD,
      verdict: 'damaged',
      lost: 3,
      damage: [
        { kind: 'unreadable', line: 20, after: 19, before: 21, lost: 1 },
        { kind: 'missing', line: 31, after: 30, before: 33, lost: 2 },
      ],
      readable: [
        [1, 19],
        [21, 30],
        [33, 41],
      ],
      checksum: { result: 'differs' },
    })
  })

  it('goes on past a run that it cannot read, and says why', async () => {
    const home = await homeWithRuns()
    const first = readFileSync(fileOf(home, WHOLE), 'utf8')
    writeFileSync(fileOf(home, WHOLE), first.replace('"v":1', '"v":99'))
    const { runs } = JSON.parse((await ramure(home, ['verify', '--all', '--json'])).stdout).data
    expect(runs).toHaveLength(3)
    expect(runs.find((each: { run: string }) => each.run === WHOLE)).toMatchObject({
      verdict: 'unknown',
      why: expect.stringContaining('format 99'),
    })
    expect((await ramure(home, ['verify', WHOLE])).stderr).toContain('ERR_LOG_NEWER · exit 8')
  })

  it('calls what a live run is writing no damage', async () => {
    const home = makeHome()
    const log = openRun(home, WHOLE)
    for (const { seq: _seq, time: _time, ...draft } of reviewLog(5)) log.append(draft)
    log.flush()
    writeFileSync(fileOf(home, WHOLE), '{"seq":6', { flag: 'a' })
    const said = await ramure(home, ['verify'])
    await log.close()
    expect([said.exit, said.stdout]).toEqual([0, expect.stringContaining('8 B of an entry that is being written')])
    expect(said.stdout).toContain('still written')
  })

  it('shows how far it is where stderr is a terminal', async () => {
    const home = makeHome()
    await recordSealed(home, WHOLE)
    const lines = readFileSync(fileOf(home, WHOLE), 'utf8')
    mkdirSync(join(home.logs, TORN))
    writeFileSync(fileOf(home, TORN), `${lines}${'\0'.repeat(40_000_000)}\n`)
    const said = await ramure(home, ['verify', TORN], { stderrIsTTY: true })
    expect(said.stderr).toContain(`\r\u001b[K${TORN}: `)
    expect(said.stderr.endsWith('\r\u001b[K')).toBe(true)
    expect((await ramure(home, ['verify', TORN])).stderr).toBe('')
  })
})
