import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ramure, until } from '../e2e/world.ts'
import { upTo } from '../log/entries.ts'
import { expectKept, runsIn, startRuntime } from './runtime.ts'

test('two processes that follow a run while it is written each get every entry, once and in order', async () => {
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
  let shown = 0
  const tails = [1, 2].map(() => {
    const tail = ramure(['tail', run, '-f', '-n', 'all', '--json'], { RAMURE_HOME: home })
    tail.stdout.once('data', () => (shown += 1))
    onTestFinished(() => void tail.kill('SIGKILL'))
    return tail
  })
  // Both are in the middle of it.
  await until(() => shown === 2)
  const before = answers
  await until(() => answers > before + 100)
  runtime.kill('SIGTERM')
  const entries = await expectKept(join(home, 'logs'), run, (await runtime.ended).acknowledged)
  expect(entries.at(-1)?.type).toBe('run_ended')
  for (const { exitCode, stdout } of await Promise.all(tails)) {
    const seen = stdout.split('\n').map((line) => JSON.parse(line) as { data?: { seq: number }; seq?: number })
    expect(exitCode).toBe(0)
    expect(seen.map((line) => line.seq ?? line.data?.seq)).toEqual(upTo(entries.length))
  }
})
