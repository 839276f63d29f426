/** tail over recorded and over live runs. */
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Entry } from '../../src/log/events.ts'
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

describe('ramure tail', () => {
  it('shows the last twenty lines, and how many details it folded', async () => {
    const said = await ramure(await homeWithRuns(), ['tail', 'brisk'], { width: 80 })
    await expect(said.stdout).toMatchFileSnapshot('golden/tail-80.txt')
    expect(said.stderr).toBe('⋯ 5 detail events folded (--detail)         one whole  ramure show brisk-otter <number>\n')
    expect(said.stdout.trimEnd().split('\n')).toHaveLength(20)
  })

  it('filters by agent, by type and by time', async () => {
    const home = await homeWithRuns()
    const seqs = async (...args: string[]) => {
      const { stdout } = await ramure(home, ['tail', 'brisk', '-n', 'all', '--json', ...args])
      return stdout
        .trimEnd()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line).seq)
    }
    expect(await seqs('--type', 'tool_*')).toEqual([23, 25, 26, 27, 33, 35])
    expect(await seqs('--type', 'message,done', '--agent', 'reviewer')).toEqual([32])
    expect(await seqs('--agent', 'tester')).toEqual([20, 21, 22, 29])
    expect(await seqs('--since', '2026-11-21T09:40:18Z')).toEqual(expect.arrayContaining([40, 41]))
    expect(await seqs()).toEqual(Array.from({ length: 41 }, (_, index) => index + 1))
    expect(await seqs('-n', '2')).toEqual([40, 41])
    expect(await seqs('--until', '2026-11-21T09:40:00Z', '-n', '3')).toEqual((await seqs('--until', '2026-11-21T09:40:00Z')).slice(-3))
    expect(await seqs('--since', '2026-11-21T09:40:16Z', '--until', '2026-11-21T09:40:17.999Z', '--type', 'tool_*')).toEqual([26, 27])
    expect(await seqs('--where', 'type == "tool_result" && data.error')).toEqual([25])
    expect(await seqs('--where', 'seq > 20 && (agent == "tester" || data.tool ~ "app*")')).toEqual([21, 22, 29, 33])
    expect(await seqs('--grep', 'TESTER is*gone')).toEqual([30])
    expect(await seqs('--grep', 'command: npm test')).toEqual([16])
  })

  it('shows details that were searched for, and says when nothing was found', async () => {
    const home = await homeWithRuns()
    expect((await ramure(home, ['tail', 'brisk', '--grep', 'sonnet', '--type', 'usage'])).stdout).toContain('usage')
    expect((await ramure(home, ['tail', 'brisk', '--where', 'type == "usage"'])).stdout).toContain('usage')
    expect(await ramure(home, ['tail', 'brisk', '--agent', 'nobody'])).toMatchObject({
      exit: 0,
      stdout: '',
      stderr: 'no entry of brisk-otter matches         its agents  ramure status brisk-otter\n',
    })
  })

  it('marks the place where a condition makes no sense', async () => {
    expect(await ramure(await homeWithRuns(), ['tail', '--where', 'type == "a" && tool ~ "bash"'])).toMatchObject({
      exit: 2,
      stdout: '',
      stderr: expect.stringMatching(
        /^ramure: --where: An entry has no field "tool".* data\.tool\. {3}ERR_USAGE · exit 2\n {2}type == "a" && tool ~ "bash"\n {17}\^\n {2}for example/,
      ),
    })
  })

  it('refuses what can have no answer, instead of giving none', async () => {
    const home = await homeWithRuns()
    expect(await ramure(home, ['tail', '--since', '1h', '--until', '2h'])).toMatchObject({
      exit: 2,
      stdout: '',
      stderr: expect.stringContaining('Nothing lies between --since 1h and --until 2h'),
    })
    expect(await ramure(home, ['tail', '--where', 'seq > "a"'])).toMatchObject({
      exit: 2,
      stderr: expect.stringMatching(/seq is a number and "a" is a text.*\n {2}seq > "a"\n {8}\^\n/),
    })
  })

  it('says at an answer what was asked, also where the question was not searched for', async () => {
    const home = await homeWithRuns()
    const { stdout } = await ramure(home, ['tail', 'brisk', '-n', 'all'])
    const answers = stdout.split('\n').filter((line) => /#(25|27|35) /.test(line))
    expect((await ramure(home, ['tail', 'brisk', '-n', 'all', '--type', 'tool_result'])).stdout.trimEnd().split('\n')).toEqual(answers)
  })

  it('takes the path of a log for the name of a run', async () => {
    const home = await homeWithRuns()
    for (const path of [join(home.logs, GONE), join(home.logs, GONE, 'events.jsonl')]) {
      for (const args of [
        ['tail', path, '-n', '1'],
        ['show', path, '30'],
        ['status', path],
      ]) {
        const said = await ramure(home, args, { env: { RAMURE_HOME: makeHome().root } })
        expect([said.exit, said.stderr]).toEqual([0, ''])
        expect(said.stdout).toContain('tester is gone')
      }
    }
    expect(await ramure(home, ['tail', './nowhere'])).toMatchObject({ exit: 3, stderr: expect.stringContaining('There is no log in') })
  })

  it('gives each agent a colour of its own, the same in every line and every run', async () => {
    const { stdout } = await ramure(await homeWithRuns(), ['tail', 'brisk', '-n', 'all'], { width: 80, colour: true })
    const colours = new Map<string, Set<string>>()
    for (const [, colour = '', name = ''] of stdout.matchAll(/\u001b\[(\d+)m(builder|reviewer|tester) *\u001b/g)) {
      colours.set(name, (colours.get(name) ?? new Set()).add(colour))
    }
    expect([...colours.values()].map((each) => each.size)).toEqual([1, 1, 1])
    expect(new Set([...colours.values()].flatMap((each) => [...each])).size).toBe(3)
  })

  it('shows details when they were asked for by name', async () => {
    const said = await ramure(await homeWithRuns(), ['tail', 'brisk', '--type', 'usage'])
    expect(said.stdout.split('\n').filter((line) => line.includes('usage'))).toHaveLength(2)
  })

  it('knows what type was meant', async () => {
    expect(await ramure(await homeWithRuns(), ['tail', '--type', 'tool_cal'])).toMatchObject({
      exit: 2,
      stderr: expect.stringMatching(/There is no entry type "tool_cal"\. {3}ERR_USAGE · exit 2\n {2}did you mean {2}tool_call/),
    })
  })

  it('prints entries as the log has them, with what could not be read in its place', async () => {
    const home = await homeWithRuns()
    const path = join(home.logs, DONE, 'events.jsonl')
    writeFileSync(path, readFileSync(path, 'utf8').replace(/^\{"seq":40,.*$/m, '{"seq":40'))
    const lines = (await ramure(home, ['tail', 'brisk', '-n', '2', '--json'])).stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines).toEqual([
      reviewLog()[38],
      { unreadable: { line: 40, after: 39, before: 41, reason: expect.any(String) } },
      reviewLog()[40],
    ])
  })

  it('does not show what was not written to the end', async () => {
    const home = await homeWithRuns()
    appendFileSync(join(home.logs, GONE, 'events.jsonl'), '{"seq":31,"time":"2026')
    expect((await ramure(home, ['tail', 'gray', '-n', '1'])).stdout).toContain('#30')
  })

  it('carries nothing out of a log that a terminal would obey', async () => {
    const home = makeHome()
    const hostile = '\u001b]0;owned\u0007\u001b[2J\u202eevil\r\n\u009b31m\u0000'
    const [start, ...others] = reviewLog(14) as [Entry, ...Entry[]]
    const message = { ...others[11], data: { text: hostile.repeat(2000), delivery: 'steer', from: hostile } } as Entry
    await record(home, DONE, [start, ...others.slice(0, 11), message])
    for (const args of [['tail'], ['tail', '--detail'], ['status'], ['show', '13'], ['ls', '--all']]) {
      const said = await ramure(home, args, { width: 80 })
      expect(said.exit).toBe(0)
      expect(said.stdout.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/)
    }
  })
})

describe('ramure tail -f', () => {
  it('shows what comes, and ends well when the run does', async () => {
    const home = makeHome()
    const log = openRun(home, DONE)
    const entries = reviewLog()
    const append = (from: number, to: number) => {
      for (const { seq: _seq, time: _time, ...draft } of entries.slice(from, to)) log.append(draft)
      log.flush()
    }
    append(0, 3)
    const steps = [() => append(3, 20), () => append(20, 41), () => void log.close()]
    const said = await ramure(home, ['tail', '-f', '--json'], {
      onOutput: (text) => {
        const seen = text.trimEnd().split('\n').length
        if ((seen === 3 && steps.length === 3) || (seen === 20 && steps.length === 2) || (seen === 41 && steps.length === 1))
          steps.shift()?.()
      },
    })
    expect(said.exit).toBe(0)
    expect(
      said.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).seq),
    ).toEqual(entries.map((entry) => entry.seq))
  })

  it('goes on behind the history that was as new as was asked for, and misses nothing', async () => {
    const home = makeHome()
    const log = openRun(home, DONE)
    const drafts = reviewLog().map(({ seq: _seq, time: _time, ...draft }) => draft)
    for (const draft of drafts.slice(0, 30)) log.append(draft)
    log.flush()
    const since = new Date(Date.now() - 3_600_000).toISOString()
    let isAppended = false
    const said = await ramure(home, ['tail', '-f', '-n', '1', '--since', since, '--json'], {
      onOutput: () => {
        if (isAppended) return
        isAppended = true
        for (const draft of drafts.slice(30)) log.append(draft)
        void log.close()
      },
    })
    const lines = said.stdout.trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line).seq)).toEqual(Array.from({ length: 12 }, (_, index) => 30 + index))
  })

  it('says how a run ended that is over already, and stops', async () => {
    const home = await homeWithRuns()
    expect(await ramure(home, ['tail', '-f', 'brisk', '-n', '1'])).toMatchObject({ exit: 0, stderr: `${DONE}: completed after 18.0 s\n` })
    expect(await ramure(home, ['tail', '-f', 'gray', '-n', '0'])).toMatchObject({
      exit: 6,
      stdout: '',
      stderr: expect.stringContaining('orphaned'),
    })
  })

  it('says how a run ended whose end was not asked for', async () => {
    const said = await ramure(await homeWithRuns(), ['tail', '-f', 'brisk', '--type', 'message', '-n', '1'])
    expect(said).toMatchObject({ exit: 0, stderr: `${DONE}: completed after 18.0 s\n` })
  })

  it('says that the log is gone when somebody deletes it', async () => {
    const home = makeHome()
    const log = openRun(home, DONE)
    for (const { seq: _seq, time: _time, ...draft } of reviewLog(5)) log.append(draft)
    log.flush()
    const said = await ramure(home, ['tail', '-f'], { onOutput: () => rmSync(join(home.logs, DONE), { recursive: true, force: true }) })
    expect(said).toMatchObject({ exit: 3, stderr: expect.stringContaining(`The log of ${DONE} is gone: it was deleted or moved`) })
    await log.close().catch(() => {})
  })

  it('stops watching when it is interrupted, and leaves the run alone', async () => {
    const home = makeHome()
    const log = openRun(home, DONE)
    const stop = new AbortController()
    for (const { seq: _seq, time: _time, ...draft } of reviewLog(5)) log.append(draft)
    log.flush()
    const said = await ramure(home, ['tail', '-f'], { signal: stop.signal, onOutput: () => stop.abort() })
    expect(said.exit).toBe(130)
    log.append({ type: 'warning', by: 'runtime', scope: '/', data: { code: 'W', message: 'still here' } })
    await log.close()
  })
})
