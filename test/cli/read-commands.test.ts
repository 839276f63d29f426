/** ls, status and show over recorded runs: what they say, where, and with which exit code. */
import { readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Draft, Entry } from '../../src/log/events.ts'
import { reviewLog } from '../projections/review-log.ts'
import { type Home, makeHome, openRun, ramure, record } from './home.ts'

const DONE = 'brisk-otter-4q7m2xk9'
const GONE = 'gray-finch-0k2m4n6p'

async function homeWithRuns(): Promise<Home> {
  const home = makeHome()
  await record(home, DONE, reviewLog())
  await record(home, GONE, reviewLog(30))
  return home
}

describe('ramure status', () => {
  it.for([60, 80, 120])('fills %i columns, for a finished run and one that vanished', async (width) => {
    const home = await homeWithRuns()
    const texts = [await ramure(home, ['status', 'brisk'], { width }), await ramure(home, ['status', 'gray'], { width })]
    await expect(texts.map((said) => said.stdout).join('\n')).toMatchFileSnapshot(`golden/status-${width}.txt`)
  })

  it('says whose endpoint it is when it is not the root process, whose alone can be called', async () => {
    const home = makeHome()
    const log = reviewLog(2)
    const CHILD = '/review#0/worker#1'
    const child: Entry = {
      seq: 4,
      time: log[1]?.time ?? '',
      type: 'process_spawned',
      by: 'program',
      scope: CHILD,
      data: { process: 'worker', args: [], mode: 'spawn' },
    }
    const exposed = (seq: number, scope: string): Entry => ({
      seq,
      time: log[1]?.time ?? '',
      type: 'endpoint_exposed',
      by: 'program',
      scope,
      data: { endpoint: 'close', definition: { name: 'close', description: '', parameters: {} } },
    })
    await record(home, DONE, [...log, exposed(3, '/review#0'), child, exposed(5, CHILD)])
    expect((await ramure(home, ['status'])).stdout).toContain('close (0 calls), worker#1.close (0 calls)')
  })

  it('is not cut where there is no terminal, and says the same in colour', async () => {
    const home = await homeWithRuns()
    await expect((await ramure(home, ['status', 'gray'])).stdout).toMatchFileSnapshot('golden/status-piped.txt')
    await expect((await ramure(home, ['status', 'gray'], { width: 80, colour: true })).stdout).toMatchFileSnapshot(
      'golden/status-80-colour.txt',
    )
  })

  it('shows a live run with what it waits for', async () => {
    const home = makeHome()
    const log = openRun(home, DONE, () => Date.parse('2026-11-21T09:40:00Z'))
    for (const { seq: _seq, time: _time, ...draft } of reviewLog(33)) log.append(draft)
    log.flush()
    const said = await ramure(home, ['status'], { width: 110, now: '2026-11-21T09:42:11Z' })
    await log.close()
    expect(said.stderr).toBe(`${DONE}: the only live run\n`)
    await expect(said.stdout).toMatchFileSnapshot('golden/status-live.txt')
  })

  it('answers machines with one envelope and nothing else', async () => {
    const said = await ramure(await homeWithRuns(), ['status', 'brisk', '--json'])
    const { v, ok, data } = JSON.parse(said.stdout)
    expect([v, ok, said.stderr, said.stdout.split('\n').length]).toEqual([1, true, '', 2])
    expect(data).toMatchObject({
      run: DONE,
      status: 'completed',
      live: false,
      result: 'fizzbuzz.ts',
      events: 41,
      usage: { tokens: 65_300, cost_usd: 0.92, unpriced: 1 },
    })
    expect(data.agents.map((agent: { name: string; usage: unknown }) => [agent.name, agent.usage])).toContainEqual([
      'reviewer',
      { tokens: null, cost_usd: null, unpriced: 0 },
    ])
    expect(data.problems.map((problem: { kind: string }) => problem.kind)).toEqual([
      'process_failed',
      'agent_exited',
      'send_refused',
      'warning',
    ])
  })

  it('goes on past lines it cannot read, and says so', async () => {
    const home = await homeWithRuns()
    const path = join(home.logs, DONE, 'events.jsonl')
    writeFileSync(path, readFileSync(path, 'utf8').replace(/^\{"seq":20,.*$/m, '\u001b[2Jgarbage'))
    const said = await ramure(home, ['status', 'brisk'])
    expect([said.exit, said.stdout.includes('✔ completed')]).toEqual([0, true])
    expect(said.stderr).toMatch(/^line 20 unreadable, seq 19 -> 21: /)
    expect(said.stderr).not.toContain('\u001b')
  })
})

describe('which run', () => {
  it('is named by any unique prefix, by position or with --id', async () => {
    const home = await homeWithRuns()
    for (const args of [['b'], ['brisk-otter'], [DONE], ['--id', 'bri'], ['-i', 'BRISK']]) {
      expect(JSON.parse((await ramure(home, ['status', ...args, '--json'])).stdout).data.run).toBe(DONE)
    }
  })

  it('is the newest when nobody says and none is live, and the command says which', async () => {
    const said = await ramure(await homeWithRuns(), ['status'])
    expect(said.stderr).toBe(`${GONE}: the newest of 2 runs\n`)
  })

  it('is the one that began last when several are live, whichever wrote last', async () => {
    const home = makeHome()
    const began = (run: string, time: string) => openRun(home, run, () => Date.parse(time))
    const [first, last] = [began('calm-newt-22222222', '2026-11-21T09:00:00Z'), began('zany-yak-33333333', '2026-11-21T09:30:00Z')]
    const [started] = reviewLog(1).map(({ seq: _seq, time: _time, ...draft }) => draft as Draft)
    for (const log of [last, first]) log.append(started as Draft)
    for (const log of [last, first]) log.flush()
    utimesSync(join(home.logs, 'zany-yak-33333333', 'events.jsonl'), 1000, 1000)
    const said = await ramure(home, ['status'])
    expect(said.stderr).toBe('zany-yak-33333333: the last started of 2 live runs\n')
    for (const log of [last, first]) await log.close()
  })

  it('is the only live one when nobody says, also when others are newer', async () => {
    const home = makeHome()
    const log = openRun(home, 'calm-newt-22222222')
    for (const { seq: _seq, time: _time, ...draft } of reviewLog(3)) log.append(draft)
    log.flush()
    const old = new Date('2020-01-01T00:00:00Z')
    utimesSync(join(home.logs, 'calm-newt-22222222', 'events.jsonl'), old, old)
    await record(home, DONE, reviewLog())
    const said = await ramure(home, ['status', '--json'])
    await log.close()
    expect(JSON.parse(said.stdout).data.run).toBe('calm-newt-22222222')
  })

  it('is asked for again when several begin like that', async () => {
    const home = await homeWithRuns()
    await record(home, 'brisk-owl-11111111', reviewLog(3))
    const said = await ramure(home, ['status', 'brisk-o'])
    expect([said.exit, said.stdout]).toEqual([3, ''])
    expect(said.stderr).toBe(
      `ramure: "brisk-o" begins 2 runs:   ERR_RUN_AMBIGUOUS · exit 3\n  brisk-owl-11111111\n  ${DONE}\n  Give more of the id, or all of it.\n`,
    )
  })

  it('is guessed when it was mistyped', async () => {
    const home = await homeWithRuns()
    const said = await ramure(home, ['tail', 'brisk-oter'])
    expect(said.stderr).toBe(
      `ramure: There is no run called "brisk-oter" in ${home.logs}.   ERR_RUN_NOT_FOUND · exit 3\n  did you mean  ${DONE}         all runs  ramure ls --all\n`,
    )
    expect(said.exit).toBe(3)
  })

  it('does not exist yet in an empty home', async () => {
    const said = await ramure(makeHome(), ['status', '--json'])
    expect([said.exit, JSON.parse(said.stdout)]).toEqual([
      3,
      { v: 1, ok: false, error: { code: 'ERR_NO_RUNS', message: expect.any(String), hint: expect.stringContaining('ramure demo') } },
    ])
  })

  it.for(['../../etc', '', '-', '\u001b[31m', 'a/b'])('is refused as %j without touching anything', async (name) => {
    const said = await ramure(await homeWithRuns(), ['status', '--id', name])
    expect(said.exit).toBe(3)
    expect(said.stderr).toContain('ERR_RUN_NOT_FOUND')
    expect(said.stderr).not.toContain('\u001b[31m')
  })
})

describe('ramure ls', () => {
  it('says that nothing runs', async () => {
    const said = await ramure(await homeWithRuns(), ['ls'])
    expect([said.exit, said.stdout]).toEqual([0, 'No live runs.         finished ones  ramure ls --all\n'])
  })

  it.for([60, 80, 120])('lists every run in %i columns, with how it ended', async (width) => {
    const home = await homeWithRuns()
    const failing = reviewLog().map((entry): Entry => {
      if (entry.type !== 'run_ended') return entry
      return { ...entry, data: { outcome: 'failed', error: { name: 'Error', message: 'reviewer gave up' }, duration_ms: 18_000 } }
    })
    await record(home, 'mild-crane-11111111', failing)
    const said = await ramure(home, ['ls', '--all'], { width })
    await expect(said.stdout).toMatchFileSnapshot(`golden/ls-${width}.txt`)
    if (width !== 80) return
    await expect((await ramure(home, ['ls', '--all'], { width, colour: true })).stdout).toMatchFileSnapshot('golden/ls-80-colour.txt')
    await expect((await ramure(home, ['ls', '--all'])).stdout).toMatchFileSnapshot('golden/ls-piped.txt')
  })

  it('says that a folder it was sent to does not exist, instead of that nothing is in it', async () => {
    const home = makeHome()
    for (const command of ['ls', 'status', 'tail', 'why', 'verify', 'gc']) {
      const said = await ramure(home, [command, '--log-dir', join(home.root, 'nope')])
      expect(said).toMatchObject({
        exit: 3,
        stdout: '',
        stderr: expect.stringContaining('nope does not exist, so there are no logs in it.'),
      })
    }
    expect((await ramure(home, ['ls', '--log-dir', process.execPath])).stderr).toContain('is no folder')
  })

  it('lists among the failed ones what a signal of the system ended, and not what its user did', async () => {
    const home = makeHome()
    const endedBy = async (run: string, caller: string): Promise<void> => {
      const scope = '/'
      const log = openRun(home, run)
      for (const { seq: _seq, time: _time, ...draft } of reviewLog(2)) log.append(draft)
      log.append({ type: 'stop_requested', by: 'world', scope, data: { caller } })
      log.append({ type: 'run_ended', by: 'runtime', scope, data: { outcome: 'cancelled', duration_ms: 5 } })
      await log.close()
    }
    await endedBy('bold-newt-11111111', 'signal SIGHUP')
    await endedBy('calm-newt-22222222', 'signal SIGTERM')
    await endedBy('dear-newt-33333333', 'signal SIGINT')
    await endedBy('easy-newt-44444444', 'external:cli')
    const { runs } = JSON.parse((await ramure(home, ['ls', '--failed', '--json'])).stdout).data
    expect(runs.map(({ run }: { run: string }) => run).toSorted()).toEqual(['bold-newt-11111111', 'calm-newt-22222222'])
  })

  it('says how to go on from what failed, and what to look at when nothing did', async () => {
    const home = await homeWithRuns()
    expect(await ramure(home, ['ls', '--failed', '--since', 'yesterday'])).toMatchObject({
      exit: 0,
      stdout: expect.stringMatching(/^RUN .*\ngray-finch .*✗ orphaned: runtime vanished .*\n$/),
      stderr: 'how it came to this  ramure why gray-finch\n',
    })
    const none = await ramure(home, ['ls', '--failed', '--since', '2999-01-01'])
    expect([none.stdout, none.stderr]).toEqual(['No run failed since 2999-01-01.         all runs  ramure ls --all\n', ''])
    const empty = makeHome()
    expect((await ramure(empty, ['ls', '--failed'])).stdout).toBe(`No runs yet in ${empty.logs}.         start one  ramure demo\n`)
  })

  it('lists what failed or vanished', async () => {
    const { data } = JSON.parse((await ramure(await homeWithRuns(), ['ls', '--failed', '--json'])).stdout)
    expect(data.runs).toMatchObject([
      { run: GONE, status: 'orphaned', reason: 'runtime vanished', events: 30, cost_usd: 0.92, unpriced: 1 },
    ])
  })

  it('lists a live run as running', async () => {
    const home = await homeWithRuns()
    const log = openRun(home, 'calm-newt-22222222')
    for (const { seq: _seq, time: _time, ...draft } of reviewLog(3)) log.append(draft)
    log.flush()
    const { data } = JSON.parse((await ramure(home, ['ls', '--json'])).stdout)
    await log.close()
    expect(data.runs).toMatchObject([{ run: 'calm-newt-22222222', status: 'running', process: 'review', cost_usd: null }])
  })

  it('leaves out what is older than asked, and refuses what is no time', async () => {
    const home = await homeWithRuns()
    expect(JSON.parse((await ramure(home, ['ls', '--since', '2999-01-01', '--json'])).stdout).data.runs).toEqual([])
    expect(JSON.parse((await ramure(home, ['ls', '--since', '2020-01-01', '--json'])).stdout).data.runs).toHaveLength(2)
    expect(await ramure(home, ['ls', '--since', 'soon'])).toMatchObject({ exit: 2, stderr: expect.stringContaining('--since 5m, 2h') })
  })
})

describe('ramure show', () => {
  it('shows one entry whole, with what led to it and what it led to', async () => {
    const home = makeHome()
    const caused = reviewLog().map((entry) =>
      entry.seq === 25 ? { ...entry, cause: 23 } : entry.seq === 23 ? { ...entry, cause: 13 } : entry,
    )
    await record(home, DONE, caused)
    await expect((await ramure(home, ['show', 'brisk', '23'], { width: 80 })).stdout).toMatchFileSnapshot('golden/show-80.txt')
    const { data } = JSON.parse((await ramure(home, ['show', '#23', '--json'])).stdout)
    expect(data).toMatchObject({
      run: DONE,
      entry: { seq: 23, data: { params: { code: 'for (;;) {}' } } },
      causes: [{ seq: 13 }],
      caused: [{ seq: 25 }],
      caused_count: 1,
    })
  })

  it('names entries by number, and says how far they go', async () => {
    const home = await homeWithRuns()
    expect(await ramure(home, ['show', 'brisk', '99'])).toMatchObject({ exit: 3, stderr: expect.stringContaining('its last one is #41') })
    expect(await ramure(home, ['show', 'brisk', 'first'])).toMatchObject({ exit: 2, stderr: expect.stringContaining('ERR_USAGE') })
  })

  it('gives the entry alone with --raw, as the log has it', async () => {
    const home = makeHome()
    const [start] = reviewLog(1) as [Entry]
    const big = 'x'.repeat(100_000)
    await record(home, DONE, [start, { ...start, seq: 2, type: 'emit', by: 'program', data: { event: 'big', data: big } }])
    const { exit, stdout } = await ramure(home, ['show', '2', '--raw'])
    expect([exit, stdout.split('\n').length]).toEqual([0, 2])
    expect(stdout.trimEnd()).toBe(readFileSync(join(home.logs, DONE, 'events.jsonl'), 'utf8').split('\n')[1])
    expect(JSON.parse(stdout).data.data).toMatchObject({ $blob: expect.stringMatching(/^sha256:/), bytes: 100_000 })
  })

  it('shows texts of several lines as such, and of any length', async () => {
    const home = makeHome()
    const [start] = reviewLog(1) as [Entry]
    const big = `first\nsecond \u001b[31m${'x'.repeat(1_000_000)}`
    await record(home, DONE, [start, { ...start, seq: 2, type: 'emit', by: 'program', data: { event: 'big', data: big } }])
    const { stdout } = await ramure(home, ['show', '2'])
    expect(stdout).toContain('    data: |\n      first\n      second xxx')
    expect(stdout.length).toBeGreaterThan(1_000_000)
    expect(stdout).not.toContain('\u001b')
  })
})
