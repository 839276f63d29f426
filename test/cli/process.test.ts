/** The binary as a process of its own: signals, pipes, what it loads and how fast it is there. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { reviewLog } from '../projections/review-log.ts'
import { type Home, makeHome, openRun, ramure, record } from './home.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const RUN = 'brisk-otter-4q7m2xk9'

function start(home: Home, args: readonly string[], nodeArgs: readonly string[] = []): ChildProcessWithoutNullStreams {
  const child = spawn(process.execPath, [...nodeArgs, MAIN, ...args], {
    env: { PATH: process.env['PATH'], RAMURE_HOME: home.root, TZ: 'UTC' },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

async function finish(child: ChildProcessWithoutNullStreams): Promise<{ exit: number | null; stdout: string; stderr: string }> {
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk) => (stdout += chunk))
  child.stderr.on('data', (chunk) => (stderr += chunk))
  const [exit] = await once(child, 'close')
  return { exit, stdout, stderr }
}

describe('the binary', () => {
  it('takes a bundle in through a pipe', async () => {
    const [home, other] = [makeHome(), makeHome()]
    await record(home, RUN, reviewLog())
    await ramure(home, ['export', '-o', join(home.root, 'x.ramure')])
    const child = start(other, ['import', '-'])
    child.stdin.end(readFileSync(join(home.root, 'x.ramure')))
    expect(await finish(child)).toMatchObject({ exit: 0, stdout: expect.stringContaining(`✔ imported ${RUN}   41 entries`) })
    const cut = start(other, ['import', '-'])
    cut.stdin.end(readFileSync(join(home.root, 'x.ramure')).subarray(0, 500))
    expect(await finish(cut)).toMatchObject({
      exit: 8,
      stderr: expect.stringContaining('This is not a whole bundle: it ends in the middle.'),
    })
  })

  it('runs from source, answers on stdout and talks on stderr', async () => {
    const home = makeHome()
    await record(home, RUN, reviewLog())
    const said = await finish(start(home, ['tail', '-n', '1']))
    expect(said).toEqual({
      exit: 0,
      stdout: '  #41 09:40:18 run        ✔ completed    → "fizzbuzz.ts"  18.0 s\n',
      stderr: `${RUN}: the newest of 1 run\n`,
    })
    expect((await finish(start(home, ['status', 'nope']))).exit).toBe(3)
  })

  it('ends quietly when its reader has seen enough', async () => {
    const home = makeHome()
    const [first, ...others] = reviewLog()
    const many = [first, ...Array.from({ length: 5000 }, (_, index) => ({ ...(others[30] as object), seq: index + 2 }))]
    await record(home, RUN, many as ReturnType<typeof reviewLog>)
    const child = start(home, ['tail', '-n', 'all', '--json'])
    let stderr = ''
    child.stderr.on('data', (chunk) => (stderr += chunk))
    child.stdout.once('data', () => child.stdout.destroy())
    const [exit] = await once(child, 'exit')
    expect([exit, stderr]).toEqual([0, ''])
  })

  it('lets what it has begun come to its end when nobody reads along any more', async () => {
    const home = makeHome()
    const child = start(home, ['demo', '--scripted'])
    child.stderr.resume()
    // Before it says anything: how far it comes until then would be a matter of luck.
    child.stdout.destroy()
    const [exit] = await once(child, 'exit')
    const [run = ''] = readdirSync(home.logs)
    const last =
      readFileSync(join(home.logs, run, 'events.jsonl'), 'utf8')
        .trimEnd()
        .split('\n')
        .at(-1) ?? ''
    expect(JSON.parse(last)).toMatchObject({
      type: 'run_ended',
      data: { outcome: 'cancelled', error: { message: expect.stringContaining('nobody reads what it shows') } },
    })
    expect(exit).toBe(0)
  })

  // Nowhere else is there a file that is always full.
  it.runIf(process.platform === 'linux').for(['tail -n all', 'ls --all', '--help', 'show 3 --json'])(
    'says that what %s shows could not be written, instead of looking complete',
    async (words) => {
      const home = makeHome()
      await record(home, RUN, reviewLog())
      const full = openSync('/dev/full', 'w')
      const child = spawn(process.execPath, [MAIN, ...words.split(' ')], {
        env: { PATH: process.env['PATH'], RAMURE_HOME: home.root, TZ: 'UTC' },
        stdio: ['ignore', full, 'pipe'],
      })
      closeSync(full)
      let stderr = ''
      child.stderr?.on('data', (chunk) => (stderr += chunk))
      const [exit] = await once(child, 'close')
      expect(stderr).toContain('ERR_OUTPUT_FAILED')
      expect(exit).toBe(1)
    },
  )

  it('stops watching at Ctrl-C with exit 130', async () => {
    const home = makeHome()
    const log = openRun(home, RUN)
    for (const { seq: _seq, time: _time, ...draft } of reviewLog(5)) log.append(draft)
    log.flush()
    const child = start(home, ['tail', '-f', '--json'])
    await once(child.stdout, 'data')
    child.kill('SIGINT')
    expect(await once(child, 'exit')).toEqual([130, null])
    await log.close()
  })

  it('shows an entry while it is followed, soon after it was written', async () => {
    const home = makeHome()
    const log = openRun(home, RUN)
    const drafts = reviewLog().map(({ seq: _seq, time: _time, ...draft }) => draft)
    log.append(drafts[0] as (typeof drafts)[0])
    log.flush()
    const child = start(home, ['tail', '-f', '--json'])
    await once(child.stdout, 'data')
    const delaysMs: number[] = []
    for (const draft of drafts.slice(1, 31)) {
      const writtenAt = performance.now()
      log.append(draft)
      log.flush()
      await once(child.stdout, 'data')
      delaysMs.push(performance.now() - writtenAt)
    }
    await log.close()
    expect(await once(child, 'exit')).toEqual([6, null])
    // The median: single outliers are the machine's.
    expect(delaysMs.sort((left, right) => left - right)[15]).toBeLessThan(50)
  })

  it.for([[['--help']], [['ls', '--all']], [['status']], [['tail']], [['show', '1']]] as const)(
    '%j loads no package but the one that reads its arguments, and no part that acts',
    async ([args]) => {
      const home = makeHome()
      await record(home, RUN, reviewLog())
      const report = `data:text/javascript,${encodeURIComponent(`
      import { registerHooks } from 'node:module'
      const seen = []
      registerHooks({ load(url, context, next) { seen.push(url); return next(url, context) } })
      process.on('exit', () => process.stderr.write('\\nLOADED ' + JSON.stringify(seen)))`)}`
      const { exit, stderr } = await finish(start(home, args, ['--import', report]))
      const loaded: string[] = JSON.parse(stderr.split('LOADED ')[1] ?? '[]')
      expect(exit).toBe(0)
      expect(loaded.length).toBeGreaterThan(3)
      expect(
        loaded.filter((url) => /node_modules\/(?!commander)|src\/(?:runtime\/(?!reserved-tools)|machines|replay|testing)/.test(url)),
      ).toEqual([])
      if (args[0] === '--help') expect(loaded.filter((url) => /src\/(projections|wire)|jsonl/.test(url))).toEqual([])
    },
  )
})
