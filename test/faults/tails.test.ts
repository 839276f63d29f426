import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ramure, until } from '../e2e/world.ts'
import { upTo } from '../log/entries.ts'
import { expectKept, runsIn, startRuntime } from './runtime.ts'

/** A run under load, and its log once it has been written for a while. */
async function loadedRun() {
  const home = mkdtempSync(join(tmpdir(), 'rt-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  let answers = 0
  const runtime = startRuntime({
    home,
    agents: 2,
    load: { inFlight: 4, text: (n) => 'some text '.repeat(n % 50), paceMs: 2, onAcknowledged: () => (answers += 1) },
  })
  await runtime.connected
  const [run = ''] = runsIn(join(home, 'logs'))
  await until(() => answers > 50)
  return { home, runtime, run, answers: () => answers }
}

type Loaded = Awaited<ReturnType<typeof loadedRun>>

/** So many `tail -f` of it, which have all shown something. */
async function tailsOf({ home, run }: Loaded, count: number) {
  let shown = 0
  const tails = Array.from({ length: count }, () => {
    const tail = ramure(['tail', run, '-f', '-n', 'all', '--json'], { RAMURE_HOME: home })
    tail.stdout.once('data', () => (shown += 1))
    onTestFinished(() => void tail.kill('SIGKILL'))
    return tail
  })
  await until(() => shown === count)
  return tails
}

function seqsIn(stdout: string): (number | undefined)[] {
  const lines = stdout.split('\n').map((line) => JSON.parse(line) as { data?: { seq: number }; seq?: number })
  return lines.map((line) => line.seq ?? line.data?.seq)
}

test('two processes that follow a run while it is written each get every entry, once and in order', async () => {
  const loaded = await loadedRun()
  const { home, runtime, run, answers } = loaded
  // Both are in the middle of it.
  const tails = await tailsOf(loaded, 2)
  const before = answers()
  await until(() => answers() > before + 100)
  runtime.kill('SIGTERM')
  const entries = await expectKept(join(home, 'logs'), run, (await runtime.ended).acknowledged)
  expect(entries.at(-1)?.type).toBe('run_ended')
  for (const { exitCode, stdout } of await Promise.all(tails)) {
    expect(exitCode).toBe(0)
    expect(seqsIn(stdout)).toEqual(upTo(entries.length))
  }
})

test('who follows a run that is killed gets every entry and says that it is orphaned', async () => {
  const loaded = await loadedRun()
  const { home, runtime, run, answers } = loaded
  const tails = await tailsOf(loaded, 1)
  const before = answers()
  await until(() => answers() > before + 20)
  runtime.kill('SIGKILL')
  const entries = await expectKept(join(home, 'logs'), run, (await runtime.ended).acknowledged)
  const [tail] = await Promise.all(tails)
  expect(tail?.exitCode).toBe(6)
  expect(seqsIn(tail?.stdout ?? '')).toEqual(upTo(entries.length))
})
