/** status of runs that are in trouble, and status --watch. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { hostname } from 'node:os'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { RunLog } from '../../src/log/append.ts'
import type { Draft, Entry } from '../../src/log/events.ts'
import { runStarted, writer } from '../projections/entries.ts'
import { reviewLog } from '../projections/review-log.ts'
import { type Home, makeHome, openRun, ramure, record } from './home.ts'

const RUN = 'brisk-otter-4q7m2xk9'
const START = Date.parse('2026-11-21T09:40:00Z')

const drafts = (entries: readonly Entry[]): Draft[] => entries.map(({ seq: _seq, time: _time, ...draft }) => draft as Draft)

/** A live run whose clock the test moves; its agent belongs to a process `pid` on `host`. */
function liveRun(
  home: Home,
  { pid = 77, host = 'here', startMs = START } = {},
): { log: RunLog; write(draft: Draft, afterMs?: number): void; nowMs(): number } {
  let nowMs = startMs
  const log = openRun(home, RUN, () => nowMs)
  const write = (draft: Draft, afterMs = 1000) => {
    nowMs += afterMs
    log.append(draft)
    log.flush()
  }
  const started = runStarted()
  write({ ...started, data: { ...started.data, host } } as Draft, 0)
  write({ type: 'process_spawned', by: 'program', scope: '/review#0', data: { process: 'review', args: [], mode: 'call' } })
  const place = { scope: '/review#0', agent: 'builder' } as const
  write({ ...place, type: 'agent_created', by: 'program', data: { machine: 'm', system_prompt: false, model: null, driver: 'pi' } })
  write({ ...place, type: 'agent_spawned', by: 'runtime', data: { tmux_session: 'builder', driver: 'pi', pid } })
  write({ ...place, type: 'register', by: 'world', data: { execution_id: 'r', pid } })
  write({ ...place, type: 'registered', by: 'program', data: { tools: [] } })
  write({ ...place, type: 'turn_start', by: 'world', data: {} })
  return { log, write, nowMs: () => nowMs }
}

const activity = (n: number): Draft => ({
  type: 'agent_activity',
  by: 'world',
  scope: '/review#0',
  agent: 'builder',
  data: { event: 'think', data: n },
})

async function problems(home: Home, nowMs: number) {
  const { stdout } = await ramure(home, ['status', '--json'], { now: new Date(nowMs).toISOString() })
  return JSON.parse(stdout).data.problems
}

describe('an agent', () => {
  it('is stalled when it is silent for far longer than it usually is, whether its process lives or not', async () => {
    const home = makeHome()
    // This process is younger than any fixed time.
    const { log, write, nowMs } = liveRun(home, { pid: process.pid, host: hostname(), startMs: Date.now() })
    for (let n = 0; n < 10; n += 1) write(activity(n), 9000)
    expect(await problems(home, nowMs() + 80_000)).toEqual([])
    const [problem] = await problems(home, nowMs() + 400_000)
    expect(problem).toMatchObject({ kind: 'stalled', who: 'builder', forMs: 400_000, next: 'ramure connect builder --id brisk-otter' })
    expect(problem.usualMs).toBeGreaterThan(8000)
    expect(problem.usualMs).toBeLessThan(10_000)
    const text = await ramure(home, ['status'], { width: 140, now: new Date(nowMs() + 400_000).toISOString() })
    expect(text.stdout).toMatch(/! STALLED +builder: at work, and silent, for 6m40s \(its usual gap is (8\.\d|9\.\d) s\), process alive/)
    await log.close()
  })

  it('with a slow habit is not stalled where a quick one is', async () => {
    const home = makeHome()
    const { log, write, nowMs } = liveRun(home)
    for (let n = 0; n < 10; n += 1) write(activity(n), 120_000)
    expect(await problems(home, nowMs() + 400_000)).toEqual([])
    expect(await problems(home, nowMs() + 1_500_000)).toMatchObject([{ kind: 'stalled' }])
    await log.close()
  })

  it('that rests after its turn, or waits for an answer of the program, is not stalled', async () => {
    const home = makeHome()
    const { log, write, nowMs } = liveRun(home)
    for (let n = 0; n < 10; n += 1) write(activity(n), 1000)
    const place = { by: 'world', scope: '/review#0', agent: 'builder' } as const
    write({ ...place, type: 'tool_call', data: { call_id: '1', tool: 'submit', params: {} } })
    expect(await problems(home, nowMs() + 3_600_000)).toMatchObject([{ kind: 'unanswered' }])
    write({ ...place, by: 'program', type: 'tool_result', data: { call_id: '1', result: null } })
    write({ ...place, type: 'turn_end', data: {} })
    expect(await problems(home, nowMs() + 3_600_000)).toMatchObject([{ kind: 'stuck' }])
    await log.close()
  })

  it('is not thought slow because it was kept waiting: the time of an answer is none of its gaps', async () => {
    const home = makeHome()
    const { log, write, nowMs } = liveRun(home)
    const place = { scope: '/review#0', agent: 'builder' } as const
    for (let n = 0; n < 10; n += 1) {
      for (let m = 0; m < 5; m += 1) write(activity(m), 1000)
      write({ ...place, by: 'world', type: 'tool_call', data: { call_id: `${n}`, tool: 'submit', params: {} } })
      write({ ...place, by: 'program', type: 'tool_result', data: { call_id: `${n}`, result: null } }, 3_600_000)
    }
    write(activity(0), 1000)
    expect(await problems(home, nowMs() + 90_000)).toMatchObject([{ kind: 'stalled' }])
    await log.close()
  })

  it('has a process that lives, is gone, or cannot be seen from here', async () => {
    const gone = spawn('true')
    await once(gone, 'exit')
    const alive = spawn('sleep', ['60'])
    onTestFinished(() => void alive.kill('SIGKILL'))
    const cases = [
      [{ pid: process.pid, host: hostname() }, true],
      [{ pid: gone.pid as number, host: hostname() }, false],
      [{ pid: process.pid, host: 'elsewhere' }, null],
    ] as const
    for (const [where, expected] of cases) {
      const home = makeHome()
      const { log, nowMs } = liveRun(home, { ...where, startMs: Date.now() })
      const { stdout } = await ramure(home, ['status', '--json'], { now: new Date(nowMs() + 400_000).toISOString() })
      const { agents, problems } = JSON.parse(stdout).data
      expect([where, agents[0].alive]).toEqual([where, expected])
      // A terminal without its process has nothing to show.
      const next = expected === false ? 'ramure tail brisk-otter --agent builder' : 'ramure connect builder --id brisk-otter'
      expect(problems).toMatchObject([{ kind: 'stalled', alive: expected, next }])
      await log.close()
    }
  })
})

describe('the agents of a run that vanished', () => {
  it('are lost, whatever they were at, and their processes are still looked at', async () => {
    const home = makeHome()
    const { log, write } = liveRun(home)
    write({
      type: 'pi_tool_start',
      by: 'world',
      scope: '/review#0',
      agent: 'builder',
      data: { tool_call_id: '1', tool: 'bash', args: { command: 'npm test' } },
    })
    await log.close()
    const { stdout } = await ramure(home, ['status'])
    expect(stdout).toMatch(/! ORPHANED +runtime: .* → ramure why brisk-otter\n/)
    expect(stdout).toMatch(/builder +pi +✗ lost +was in bash/)
    expect(stdout).not.toContain('working')
    const { data } = JSON.parse((await ramure(home, ['status', '--json'])).stdout)
    expect(data).toMatchObject({ status: 'orphaned', liveness: 'dead', agents: [{ state: 'working', lost: true, alive: null }] })
  })
})

/** A run with `count` workers that ended, one that failed early on, and one that is at work. */
function crowd(count: number): Entry[] {
  const { write, entries } = writer()
  write(runStarted())
  write({ type: 'process_spawned', by: 'program', scope: '/review#0', data: { process: 'review', args: [], mode: 'call' } })
  const begin = (n: number) => {
    const [scope, agent] = [`/review#0/fix#${n}`, `worker-${n}`]
    write({ type: 'process_spawned', by: 'program', scope, data: { process: 'fix', args: [], mode: 'spawn' } })
    write({ type: 'agent_created', by: 'program', scope, agent, data: { machine: 'm', system_prompt: false, model: null, driver: 'pi' } })
    return { scope, agent } as const
  }
  begin(0)
  for (let n = 1; n <= count; n += 1) {
    const place = begin(n)
    write({ ...place, type: 'agent_exited', by: 'world', data: { cause: 'shutdown', by: 'ramure', code: 0 } })
    const { scope } = place
    if (n === 2) write({ type: 'process_failed', by: 'program', scope, data: { error: { name: 'Error', message: 'no' } } })
    else write({ type: 'process_done', by: 'program', scope, data: { result: n } })
  }
  return entries
}

describe('the tree of a run with hundreds of processes', () => {
  it('is what lives, what failed and the newest of the others; the rest is counted, and shown with --all', async () => {
    const home = makeHome()
    await record(home, RUN, crowd(200))
    for (const width of [60, 80, 120]) {
      const { stdout } = await ramure(home, ['status'], { width })
      await expect(stdout).toMatchFileSnapshot(`golden/status-crowd-${width}.txt`)
      for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(width)
    }
    const { stdout } = await ramure(home, ['status'])
    expect(stdout).toMatch(/worker-0 +pi +✗ lost/)
    expect(stdout).toMatch(/fix +spawned +✗ failed/)
    expect(stdout).toContain('worker-200')
    expect(stdout).not.toContain('worker-100 ')
    expect(stdout).toContain('   → ramure status brisk-otter --all')
    const rows = stdout.split('\n').filter((line) => /[├└]/.test(line)).length
    const [, more] = /… and (\d+) more: /.exec(stdout) ?? []
    // Beside the root, which has no branch.
    expect(rows + Number(more) + 1).toBe(1 + 2 * 201)
    const whole = await ramure(home, ['status', '--all'])
    expect(whole.stdout).not.toContain(' more: ')
    for (let n = 0; n <= 200; n += 1) expect(whole.stdout).toContain(`worker-${n} `)
    const { data } = JSON.parse((await ramure(home, ['status', '--json'])).stdout)
    expect([data.processes.length, data.agents.length]).toEqual([202, 201])
  })

  it('is whole as long as it has sixty rows', async () => {
    const home = makeHome()
    await record(home, RUN, crowd(28))
    const { stdout } = await ramure(home, ['status'])
    expect(stdout).not.toContain(' more: ')
    expect(stdout.split('\n').filter((line) => /[├└]/.test(line))).toHaveLength(58)
  })
})

describe('ramure status --watch', () => {
  it('prints a block for every change when it is piped, and ends with the run', async () => {
    const home = makeHome()
    const log = openRun(home, RUN)
    const all = drafts(reviewLog())
    const append = (from: number, to: number) => {
      for (const draft of all.slice(from, to)) log.append(draft)
      log.flush()
    }
    append(0, 3)
    // Each step waits for the block that shows the one before.
    const steps = [
      { sees: /── .*\n.*running/, next: () => append(3, 11) },
      { sees: /reviewer .*○ ready/, next: () => append(11, 26) },
      { sees: /builder .*● working/, next: () => append(26, 41) },
      { sees: /✔ completed/, next: () => void log.close() },
    ]
    const said = await ramure(home, ['status', '--watch'], {
      onOutput: (text) => {
        if (steps[0]?.sees.test(text)) steps.shift()?.next()
      },
    })
    expect(steps).toEqual([])
    expect(said.exit).toBe(0)
    const blocks = said.stdout.split(/^── .*\n/m).slice(1)
    expect(blocks.length).toBeGreaterThanOrEqual(4)
    expect(new Set(blocks).size).toBe(blocks.length)
    expect(blocks.at(-1)).toContain('✔ completed')
  })

  it('is one line of data for every change with --json, of a run that is over one line', async () => {
    const home = makeHome()
    await record(home, RUN, reviewLog())
    const said = await ramure(home, ['status', '--watch', '--json'])
    expect(said).toMatchObject({ exit: 0, stderr: '' })
    const lines = said.stdout.trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line).data.status)).toEqual(['completed'])
  })

  it('shows each status in the place of the one before on a terminal, and ends with 6 when the run vanishes', async () => {
    const home = makeHome()
    const { log, write } = liveRun(home)
    let isChanged = false
    const said = await ramure(home, ['status', '--watch'], {
      width: 100,
      onOutput: (text) => {
        if (isChanged) {
          if (text.includes('was working')) return
          if (text.includes('bash')) void log.close()
        } else {
          isChanged = true
          write({ type: 'pi_tool_start', by: 'world', scope: '/review#0', agent: 'builder', data: { tool_call_id: '1', tool: 'bash' } })
        }
      },
    })
    expect(said.exit).toBe(6)
    const shown = said.stdout.split(/\u001b\[\d+A\u001b\[J/)
    expect(shown.length).toBeGreaterThanOrEqual(3)
    // Each goes back over exactly the lines of the one before.
    const ups = [...said.stdout.matchAll(/\u001b\[(\d+)A/g)].map((match) => Number(match[1]))
    expect(ups).toEqual(shown.slice(0, -1).map((text) => text.split('\n').length - 1))
    expect(shown.at(-1)).toContain('✗ orphaned')
  })

  it('stops watching when it is interrupted, and leaves the run alone', async () => {
    const home = makeHome()
    const { log, write } = liveRun(home)
    const stop = new AbortController()
    const said = await ramure(home, ['status', '--watch'], { signal: stop.signal, onOutput: () => stop.abort() })
    expect(said.exit).toBe(130)
    write(activity(1))
    await log.close()
  })
})
