/** Many agents at work on one runtime, and how much memory it takes meanwhile. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, onTestFinished } from 'vitest'
import { verifyRun } from '../../src/log/verify.ts'
import { expectKept, runsIn, startRuntime } from './runtime.ts'

export interface Loaded {
  /** Calls that were answered. */
  readonly answers: number
  /** Resident memory of the runtime, MB, at equal intervals under load. */
  readonly residentMb: readonly number[]
}

/**
 * After a collection 34 MB live with 200 agents, at 36 s as at 57 s. With all the room of the machine V8 collects so rarely that its
 * memory grows for most of a minute whether anything is kept or not; with this much it has to say.
 */
const HEAP_MB = 64

/** So many agents call a tool five times a second each, for so long; then the runtime is stopped and its log is looked at. */
export async function loadRuntime({ agents, forMs, samples }: { agents: number; forMs: number; samples: number }): Promise<Loaded> {
  const home = mkdtempSync(join(tmpdir(), 'rl-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  const runtime = startRuntime({
    home,
    agents,
    load: { inFlight: 1, text: (n) => `call ${n} ${'text '.repeat(60)}`, paceMs: 200 },
    nodeArgs: [`--max-old-space-size=${HEAP_MB}`],
  })
  await runtime.connected
  const residentMb: number[] = []
  for (let n = 0; n < samples; n += 1) {
    await delay(forMs / samples)
    residentMb.push(residentMbOf(runtime.pid))
  }
  runtime.kill('SIGTERM')
  const { said, acknowledged } = await runtime.ended
  expect(said).toContain('ERR_CANCELLED')
  const [run = ''] = runsIn(join(home, 'logs'))
  await expectKept(join(home, 'logs'), run, acknowledged)
  expect(await verifyRun(join(home, 'logs'), run)).toMatchObject({ verdict: 'whole', checksum: { result: 'ok' }, outcome: 'cancelled' })
  return { answers: acknowledged.length, residentMb }
}

function residentMbOf(pid: number): number {
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1000)
}
