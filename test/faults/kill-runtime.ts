/** Kills real runtimes at random moments under load, and looks at everything they leave behind. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, onTestFinished } from 'vitest'
import { verifyRun } from '../../src/log/verify.ts'
import { type Home, makeHome, ramure } from '../cli/home.ts'
import { processesOf } from '../e2e/world.ts'
import { type Ended, expectKept, namesIn, runsIn, startRuntime } from './runtime.ts'

const FAKE_PI = new URL('../fixtures/fake-pi.mjs', import.meta.url).pathname
const AGENTS = 3
const TEXTS = ['', 'é🦦"\n'.repeat(20), 'long '.repeat(4000), 'kept beside the log '.repeat(5000)]

/** When a runtime is killed: so long after it was started, or after so many answers, counted once its terminal is open. */
interface Moment {
  readonly at: { readonly afterMs: number } | { readonly afterAnswers: number }
  readonly hasTerminal: boolean
}

const moment: fc.Arbitrary<Moment> = fc.record({
  at: fc.oneof(
    { weight: 1, arbitrary: fc.record({ afterMs: fc.nat(900) }) },
    { weight: 3, arbitrary: fc.record({ afterAnswers: fc.integer({ min: 1, max: 400 }) }) },
  ),
  hasTerminal: fc.boolean(),
})

export interface Killed {
  /** Rounds in which the run had begun. */
  readonly begun: number
  readonly acknowledged: number
  /** Rounds in which an entry was torn. */
  readonly torn: number
  /** Rounds that left a tmux server behind. */
  readonly terminals: number
}

/** So many rounds in one home; the moments follow the seed of the day. */
export async function killRuntimes(rounds: number): Promise<Killed> {
  const home = makeHome()
  const tmux = mkdtempSync(join(tmpdir(), 'rt-'))
  onTestFinished(() => rmSync(tmux, { recursive: true, force: true }))
  const sum = { begun: 0, acknowledged: 0, torn: 0, terminals: 0 }
  // The first is surely killed under load with a terminal open, however few there are.
  const moments: Moment[] = [{ at: { afterAnswers: 50 }, hasTerminal: true }, ...fc.sample(moment, rounds - 1)]
  for (const each of moments) {
    const before = new Set(runsIn(home.logs))
    const acknowledged = await killAt(home, tmux, each)
    const run = runsIn(home.logs).find((name) => !before.has(name))
    if (run === undefined) {
      expect(acknowledged).toEqual([])
      continue
    }
    const left = await lookAt(home, run, acknowledged)
    const hadTerminal = hasServer(tmux)
    await cleanUp(home, tmux, run)
    sum.begun += 1
    sum.acknowledged += acknowledged.length
    sum.torn += left.tornBytes > 0 ? 1 : 0
    sum.terminals += hadTerminal ? 1 : 0
  }
  return sum
}

/** Starts a runtime, plays its agents, kills it at its moment; resolves with every answer that has left it. */
async function killAt(home: Home, tmux: string, { at, hasTerminal }: Moment): Promise<Ended['acknowledged']> {
  let answers = 0
  const onAcknowledged = () => {
    if (!hasTerminal || hasServer(tmux)) answers += 1
    if ('afterAnswers' in at && answers === at.afterAnswers) runtime.kill('SIGKILL')
  }
  const runtime = startRuntime({
    home: home.root,
    agents: AGENTS,
    terminal: hasTerminal,
    load: { inFlight: 8, text: (n) => TEXTS[(n * 7) % 31 === 0 ? n % 4 : n % 2] ?? '', onAcknowledged },
    env: { RAMURE_PI: FAKE_PI, TMUX_TMPDIR: tmux },
  })
  const timer = 'afterMs' in at ? setTimeout(() => runtime.kill('SIGKILL'), at.afterMs) : undefined
  const ended = await runtime.ended
  clearTimeout(timer)
  expect(ended).toMatchObject({ code: null, signal: 'SIGKILL', said: '' })
  return ended.acknowledged
}

/** Servers of earlier rounds are gone by then. */
function hasServer(tmux: string): boolean {
  return namesIn(tmux).some((folder) => namesIn(join(tmux, folder)).length > 0)
}

/** What was acknowledged is there, everything loads, and the commands tell the truth. */
async function lookAt(home: Home, run: string, acknowledged: Ended['acknowledged']): Promise<{ readonly tornBytes: number }> {
  await expectKept(home.logs, run, acknowledged)
  const report = await verifyRun(home.logs, run)
  expect(report).toMatchObject({ verdict: 'whole', live: false, outcome: null })
  const { data } = JSON.parse((await ramure(home, ['ls', '--all', '--json'])).stdout)
  const isEmpty = report.entries === 0
  expect(data.runs.find((each: { run: string }) => each.run === run)).toMatchObject({ status: isEmpty ? 'unreadable' : 'orphaned' })
  const status = await ramure(home, ['status', run, '--json'])
  if (!isEmpty) expect(JSON.parse(status.stdout).data).toMatchObject({ run, status: 'orphaned', live: false })
  return report
}

/** After `doctor --fix` nothing is left of the run but its log, and the doctor is content. */
async function cleanUp(home: Home, tmux: string, run: string): Promise<void> {
  const doctor = async (...args: string[]) => {
    const said = await ramure(home, ['doctor', '--json', ...args], { env: { TMUX_TMPDIR: tmux, RAMURE_PI: FAKE_PI } })
    return JSON.parse(said.stdout).data.findings as { check: string; verdict: string; message: string }[]
  }
  await doctor('--fix')
  expect((await doctor()).filter(({ verdict }) => verdict !== 'ok')).toEqual([])
  expect(namesIn(join(home.root, 'runtimes')).filter((name) => name.startsWith(run))).toEqual([])
  expect(hasServer(tmux)).toBe(false)
  expect(await processesOf(run)).toEqual([])
}
