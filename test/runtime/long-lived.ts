/** A run that does much and keeps little: agents that come and go, and a process that emits. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { onTestFinished } from 'vitest'
import { jsonlStore } from '../../src/log/jsonl.ts'
import { agent } from '../../src/runtime/agent.ts'
import { scripted } from '../../src/runtime/driver-choice.ts'
import { sleep } from '../../src/runtime/effects.ts'
import { agentProcess, emit, spawn } from '../../src/runtime/process.ts'
import { surroundedBy } from '../../src/runtime/surroundings.ts'
import { temporaryHome } from './harness.ts'

const player = scripted(async (me) => {
  me.report('hello', { from: me.name })
  await me.call('finish')
})

/** One agent, from its creation to its end. */
const oneAgent = agentProcess('oneAgent', async (name: string) => {
  const worker = await agent(name, { driver: player })
  await new Promise<void>((resolve) => worker.on('finish', () => resolve()))
})

/** Runs `fn` as a root process on a store of its own in a file; nothing of it is kept by those who look on. */
export async function alone<T>(fn: () => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'ramure-long-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return surroundedBy({ env: { RAMURE_HOME: temporaryHome() }, store: jsonlStore(folder) }, () => agentProcess('main', fn)())
}

/** Megabytes on the heap after a collection. */
export function heapMb(): number {
  collect()
  return process.memoryUsage().heapUsed / 1e6
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Creates and ends agents, ten at a time; after each round `look` is called with how many are gone. */
export async function manyAgents(count: number, look: (gone: number) => unknown): Promise<void> {
  for (let gone = 0; gone < count; ) {
    await Promise.all(Array.from({ length: 10 }, (_, n) => oneAgent(`agent-${gone + n}`)))
    gone += 10
    await look(gone)
  }
}

const noisy = agentProcess('noisy', async (count: number, pauseEvery: number) => {
  for (let n = 1; n <= count; n += 1) {
    emit('count', { n, text: 'some words that take room in memory '.repeat(4) })
    if (n % pauseEvery === 0) await sleep(0)
  }
})

/** A process that emits, with a reader that keeps up and one that begins at the end; each gets what it should in order. */
export async function manyEvents(count: number, look: (seen: number) => unknown): Promise<{ early: number; late: number }> {
  const handle = spawn(noisy, count, 500)
  const read = async (looking: boolean): Promise<number> => {
    let seen = 0
    for await (const { type, data } of handle.events) {
      if (type !== 'count') continue
      if ((data as { n: number }).n !== (seen += 1)) throw new Error(`Event ${seen} is out of order: ${JSON.stringify(data)}.`)
      if (looking && seen % 10_000 === 0) await look(seen)
    }
    return seen
  }
  const early = read(true)
  await handle.result
  return { early: await early, late: await read(false) }
}
