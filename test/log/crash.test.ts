import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { jsonlStore } from '../../src/log/jsonl.ts'
import { all, RUN, seqOf, startLog, upTo } from './entries.ts'
import { tempFolder } from './temp.ts'

const SCRIPT = new URL('../fixtures/log-writer.ts', import.meta.url).pathname

/** Lets a child write to the run, kills it with SIGKILL after so many acknowledgements, and returns the last seq it acknowledged. */
async function killedAfter(folder: string, mode: 'create' | 'open', acknowledgements: number): Promise<number> {
  const child = spawn(process.execPath, [SCRIPT, folder, RUN, mode], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  let told = ''
  child.stdout.setEncoding('latin1').on('data', (text: string) => {
    told += text
    if (told.split('\n').length > acknowledgements) child.kill('SIGKILL')
  })
  await once(child, 'close')
  return Number(told.split('\n').at(-2))
}

test('L1 every entry that was acknowledged survives kill -9 under load, six times over in one run', async () => {
  const folder = tempFolder()
  const store = jsonlStore(folder)
  for (let round = 0; round < 6; round += 1) {
    const acknowledged = await killedAfter(folder, round === 0 ? 'create' : 'open', 2 + round * 4)
    expect(acknowledged).toBeGreaterThan(0)
    expect(store.writerAlive(RUN)).toBe(false)
    const seqs = (await all(store.read(RUN))).map(seqOf)
    expect(seqs.length).toBeGreaterThanOrEqual(acknowledged)
    expect(seqs).toStrictEqual(upTo(seqs.length))
  }
  const log = startLog(store, store.open(RUN))
  await log.close()
  expect((await all(store.read(RUN, { types: ['log_repaired', 'warning'] }))).every((item) => 'seq' in item)).toBe(true)
})

test('a follower of a killed writer gets everything that is complete, and ends', async () => {
  const folder = tempFolder()
  const store = jsonlStore(folder)
  await killedAfter(folder, 'create', 1)
  const following = all(store.follow(RUN))
  await killedAfter(folder, 'open', 20)
  const again = all(store.follow(RUN))
  const complete = (await all(store.read(RUN))).map(seqOf)
  expect((await again).map(seqOf)).toStrictEqual(complete)
  const seen = (await following).map(seqOf)
  expect(seen).toStrictEqual(upTo(seen.length))
})
