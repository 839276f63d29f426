/** Two real processes that begin to write one run at one instant, again and again. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import type { Entry } from '../../src/log/events.ts'
import { jsonlStore } from '../../src/log/jsonl.ts'
import { all, upTo } from './entries.ts'
import { tempFolder } from './temp.ts'

/** So long the two are given to be told; then both spin until the same instant. */
const LEAD_MS = 8
/** A new process takes far longer to start than a race does. */
const KILL_EVERY = 4

/**
 * Races for a new run, then for the same run with half a line at its end, turn about; every other writer of a new run was killed. Expects one winner each
 * time, a reason the loser can tell, and a log without a gap. Resolves with how often each of the two won.
 */
export async function raceWriters(rounds: number): Promise<readonly number[]> {
  const folder = tempFolder()
  const store = jsonlStore(folder)
  const racers = await Promise.all([start(folder), start(folder)])
  const wins = [0, 0]
  for (let round = 0; round < rounds; round += 1) {
    const run = `brisk-otter-${String(Math.floor(round / 2)).padStart(8, '0')}`
    const how = round % 2 === 0 ? 'create' : 'open'
    const answers = await race(racers, { run, how })
    const winner = answers.indexOf('held')
    expect(answers.toSorted()).toEqual(['ERR_RUN_LOCKED', 'held'])
    wins[winner] = (wins[winner] ?? 0) + 1
    const one = racers[winner] as ChildProcess
    racers[winner] = round % KILL_EVERY === 0 ? await replaced(one, folder) : await ended(one)
    expect(store.writerAlive(run)).toBe(false)
    const entries = (await all(store.read(run))).filter((item): item is Entry => 'seq' in item)
    expect(entries.map(({ seq }) => seq)).toEqual(upTo(how === 'create' ? 20 : 41))
    // Half a line, as a kill leaves it: the next two both find something to repair, and one of them does.
    if (how === 'create') appendFileSync(join(folder, run, 'events.jsonl'), '{"seq":21,"ti')
    else expect(entries.filter(({ type }) => type === 'log_repaired')).toHaveLength(1)
  }
  return wins
}

async function race(racers: readonly ChildProcess[], what: object): Promise<string[]> {
  const answers = racers.map((racer) => once(racer, 'message'))
  const atMs = performance.timeOrigin + performance.now() + LEAD_MS
  for (const racer of racers) racer.send({ ...what, atMs })
  return (await Promise.all(answers)).map(([answer]) => String(answer))
}

async function start(folder: string): Promise<ChildProcess> {
  const child = fork(new URL('../fixtures/writer-racer.ts', import.meta.url), [folder])
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child, 'message')
  return child
}

async function replaced(child: ChildProcess, folder: string): Promise<ChildProcess> {
  child.kill('SIGKILL')
  await once(child, 'exit')
  return start(folder)
}

async function ended(child: ChildProcess): Promise<ChildProcess> {
  const answer = once(child, 'message')
  child.send({ how: 'close' })
  await answer
  return child
}
