/** `ramure why`: over recorded runs, and over programs that really ran and died. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Entry } from '../../src/log/events.ts'
import { reviewLog } from '../projections/review-log.ts'
import { type Home, makeHome, openRun, ramure, record } from './home.ts'

const DONE = 'brisk-otter-4q7m2xk9'
const GONE = 'gray-finch-0k2m4n6p'
const library = new URL('../../src/index.ts', import.meta.url).href

async function homeWithRuns(): Promise<Home> {
  const home = makeHome()
  const caused = (entry: Entry): Entry => (CAUSES[entry.seq] === undefined ? entry : { ...entry, cause: CAUSES[entry.seq] as number })
  await record(home, DONE, reviewLog().map(caused))
  await record(home, GONE, reviewLog(33).map(caused))
  return home
}

const CAUSES: { readonly [seq: number]: number } = { 25: 23, 23: 13, 27: 26, 26: 13, 32: 26, 33: 32, 34: 33 }

describe('ramure why', () => {
  it.for([60, 80, 120])('fills %i columns: a run that vanished, one that completed, one entry', async (width) => {
    const home = await homeWithRuns()
    const texts = []
    for (const args of [['gray'], ['brisk'], ['brisk', '34']]) texts.push((await ramure(home, ['why', ...args], { width })).stdout)
    await expect(texts.join('\n')).toMatchFileSnapshot(`golden/why-${width}.txt`)
  })

  it('says the same in colour and through a pipe', async () => {
    const home = await homeWithRuns()
    const coloured = await ramure(home, ['why', 'gray'], { width: 80, colour: true })
    await expect(coloured.stdout).toMatchFileSnapshot('golden/why-80-colour.txt')
    await expect((await ramure(home, ['why', 'gray'])).stdout).toMatchFileSnapshot('golden/why-piped.txt')
  })

  it('ends with 6 for a run that vanished and 0 for any other, and gives everything as data', async () => {
    const home = await homeWithRuns()
    const said = await ramure(home, ['why', 'gray', '--json'])
    const { data } = JSON.parse(said.stdout)
    expect([said.exit, said.stderr]).toEqual([6, ''])
    expect(data).toMatchObject({
      run: GONE,
      status: 'orphaned',
      chain: [
        { seq: 33, link: null },
        { seq: 32, link: 'recorded', why: null },
        { seq: 26, link: 'recorded' },
        { seq: 13, link: 'recorded' },
      ],
      in_flight: [
        { kind: 'message', who: 'reviewer', seq: 32 },
        { kind: 'tool', who: 'reviewer', label: 'approve', seq: 33 },
      ],
      waiting: { known: false, why: expect.stringContaining('/work/review.ts is not there any more') },
      remains: null,
      log: { entries: 33, torn_bytes: 0, unreadable: [] },
    })
    expect((await ramure(home, ['why', 'brisk'])).exit).toBe(0)
    expect((await ramure(home, ['why', 'gray', '33'])).exit).toBe(0)
  })

  it('names only commands that exist, and they work', async () => {
    const home = await homeWithRuns()
    for (const run of ['gray', 'brisk']) {
      const { data } = JSON.parse((await ramure(home, ['why', run, '--json'])).stdout)
      const commands = (data.next as [string, string][]).map(([command]) => command.split(' '))
      expect(commands.length).toBeGreaterThan(0)
      for (const [program, ...args] of commands) {
        expect(program).toBe('ramure')
        expect((await ramure(home, args)).exit).toBe(0)
      }
    }
  })

  it('counts what was torn off at the end', async () => {
    const home = await homeWithRuns()
    appendFileSync(join(home.logs, GONE, 'events.jsonl'), `{"seq":34,"time":"${'x'.repeat(100_000)}`)
    const said = await ramure(home, ['why', 'gray'])
    expect(said.stdout).toContain(
      '100,018 torn bytes behind it: half a line that nobody was told of (killed while it wrote, or no room left)',
    )
  })

  it('knows entries and runs that are not there', async () => {
    const home = await homeWithRuns()
    expect(await ramure(home, ['why', 'brisk', '99'])).toMatchObject({ exit: 3, stderr: expect.stringContaining('its last one is #41') })
    expect(await ramure(home, ['why', 'brisk', 'x'])).toMatchObject({ exit: 2 })
    expect((await ramure(home, ['why', '#30'])).stdout).toContain('how it came to #30')
  })

  it('does not call readable what it took from the snapshot', async () => {
    const home = makeHome()
    const log = openRun(home, DONE, () => Date.parse('2026-11-21T09:40:00Z'))
    for (const { seq: _seq, time: _time, ...draft } of reviewLog(3)) log.append(draft)
    for (let n = 0; n < 10_000; n += 1)
      log.append({ type: 'timer_set', by: 'program', scope: '/review#0', data: { timer: `sleep:${n}`, ms: 1 } })
    await log.close()
    const why = async (): Promise<string> => (await ramure(home, ['why', '--no-replay'])).stdout
    expect(await why()).toContain('10,003 entries, all readable')
    const file = join(home.logs, DONE, 'events.jsonl')
    const { atime, mtime } = statSync(file)
    const setTimes = () => utimesSync(file, atime, mtime)
    // Whole milliseconds, as the snapshot of now on sees them.
    setTimes()
    await why()
    // As by a disk that errs: nobody has written to the file.
    writeFileSync(file, readFileSync(file, 'utf8').replace('"sleep:5000"', '\0'.repeat(12)))
    setTimes()
    expect(await why()).toContain('10,003 entries, the first 10,003 not read again (ramure verify)')
  })

  it('shows what a live run is at, and that nothing left can wake it when that is so', async () => {
    const home = makeHome()
    const log = openRun(home, DONE, () => Date.parse('2026-11-21T09:40:00Z'))
    for (const { seq: _seq, time: _time, ...draft } of reviewLog(31)) log.append(draft)
    log.flush()
    const said = await ramure(home, ['why', '--no-replay'], { width: 80 })
    expect(said).toMatchObject({ exit: 0, stderr: `${DONE}: the only live run\n` })
    expect(said.stdout.replace(/\s+/g, ' ')).toContain('nothing is in flight, no agent is at work: only a word from outside')
    log.append({ type: 'timer_set', by: 'program', scope: '/review#0', data: { timer: 'sleep:0', ms: 1000 } })
    log.flush()
    expect((await ramure(home, ['why', '--no-replay'])).stdout).not.toContain('nothing is in flight')
    await log.close()
  })
})

describe('ramure why, of a program that died', () => {
  /** Two agents: one calls a tool that never answers. */
  const STUCK = `import { agent, agentProcess, scripted, step, wait } from '${library}'
const driver = scripted(async (me) => {
  for await (const _ of me.messages) await me.call('submit', {}).catch(() => {})
})
export const review = agentProcess('review', async () => {
  const worker = await agent('worker', { driver })
  worker.on('submit', { input: { type: 'object' } }, async () => {
    await step('deploy', () => new Promise(() => { console.log('deploying'); setInterval(() => {}, 1000) }))
    return 'never'
  })
  await worker.send('go')
  return wait()
})
await review().catch(() => {})
process.exit(0)
`

  it('names the lines that a killed run was waiting on, and what is left of it', async () => {
    const home = makeHome()
    const child = await started(home, STUCK)
    child.kill('SIGKILL')
    await once(child, 'exit')
    const [run] = JSON.parse((await ramure(home, ['ls', '--failed', '--json'])).stdout).data.runs
    const leftOver = spawn('sleep', ['60'], { env: { ...process.env, RAMURE_EXECUTION_ID: run.run } })
    onTestFinished(() => void leftOver.kill('SIGKILL'))
    const { exit, stdout } = await ramure(home, ['why', '--json'])
    const { data } = JSON.parse(stdout)
    expect(exit).toBe(6)
    expect(data.host).toBe(hostname())
    expect(data.in_flight).toMatchObject([
      { kind: 'tool', label: 'submit' },
      { kind: 'step', label: 'deploy' },
    ])
    expect(data.waiting.known).toBe(true)
    expect(data.waiting.waiting.map(({ kind, site }: { kind: string; site: { line: number } }) => [kind, site.line])).toEqual([
      ['tool_call', 7],
      ['step', 8],
      ['wait', 12],
    ])
    expect(data.remains).toEqual({ pids: [leftOver.pid], tmuxSessions: 0 })
    expect(data.next[0][0]).toBe('ramure doctor --fix')
    expect(data.next.at(-1)[0]).toBe(`cd ${home.root} && node ${join(home.root, 'main.ts')}`)
  })

  it('says that it cannot know the lines when the program was changed since', async () => {
    const home = makeHome()
    const child = await started(home, STUCK)
    child.kill('SIGKILL')
    await once(child, 'exit')
    writeFileSync(join(home.root, 'main.ts'), STUCK.replace("'go'", "'go on'"))
    const { stdout } = await ramure(home, ['why'])
    expect(stdout).toMatch(/not known line by line: its program decides otherwise now, first at #\d+: main\.ts changed since/)
  })

  it('sees what was waited for when it was asked to stop, and who asked', async () => {
    const home = makeHome()
    const child = await started(home, STUCK)
    child.kill('SIGINT')
    await once(child, 'exit')
    const { data } = JSON.parse((await ramure(home, ['why', '--json'])).stdout)
    expect(data.status).toBe('cancelled')
    expect(data.chain.map(({ entry, link }: { entry: Entry; link: string }) => [entry.type, link])).toEqual([
      ['run_ended', null],
      ['process_cancelled', 'inferred'],
      ['stop_requested', 'inferred'],
    ])
    expect(data.waiting.waiting.map(({ kind }: { kind: string }) => kind)).toEqual(['tool_call', 'step', 'wait'])
  })

  /** Runs a program and waits until it is at work. */
  async function started(home: Home, text: string): Promise<ChildProcess> {
    mkdirSync(home.root, { recursive: true })
    writeFileSync(join(home.root, 'package.json'), '{"type":"module"}')
    writeFileSync(join(home.root, 'main.ts'), text)
    const child = spawn(process.execPath, [join(home.root, 'main.ts')], {
      cwd: home.root,
      env: { ...process.env, RAMURE_HOME: home.root },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    await once(child.stdout as NodeJS.ReadableStream, 'data')
    return child
  }
})
