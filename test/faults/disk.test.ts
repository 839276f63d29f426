/** Disks that are full, closed, gone or slow, under a real runtime with real clients. */
import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { agent } from '../../src/index.ts'
import { jsonlStore } from '../../src/log/jsonl.ts'
import { verifyRun } from '../../src/log/verify.ts'
import { startLog } from '../log/entries.ts'
import { agentFileOf } from '../runtime/external-client.ts'
import { start } from '../runtime/harness.ts'
import { loadClient } from './load-client.ts'
import { type Ended, expectKept, namesIn, runsIn, startRuntime } from './runtime.ts'

const LONG = 'some text\n'.repeat(100)
const BLOB = 'kept beside the log '.repeat(5000)

/** Whoever is root is not bound by modes: its runtimes run as somebody else. */
const isRoot = process.getuid?.() === 0
const NOBODY = 65_534
const asNobody = isRoot ? { uid: NOBODY } : {}

function temporaryHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'rf-'))
  onTestFinished(() => {
    for (const folder of [
      home,
      ...readdirSync(home, { recursive: true, withFileTypes: true })
        .filter((each) => each.isDirectory())
        .map((each) => join(each.parentPath, each.name)),
    ])
      chmodSync(folder, 0o700)
    rmSync(home, { recursive: true, force: true })
  })
  if (isRoot) chownSync(home, NOBODY, NOBODY)
  return home
}

/** The log died of `reason`, which the program was told; everything that was acknowledged is there, and the run can be opened again. */
async function expectDeath(home: string, ended: Ended, reason: string): Promise<void> {
  const [run = ''] = runsIn(join(home, 'logs'))
  expect(ended).toMatchObject({
    code: 9,
    said: expect.stringMatching(new RegExp(`^ERR_LOG_DEAD The log of ${run} could not be written.*${reason}`)),
  })
  expect(ended.acknowledged.length).toBeGreaterThan(0)
  await expectKept(join(home, 'logs'), run, ended.acknowledged)
  expect(await verifyRun(join(home, 'logs'), run)).toMatchObject({ verdict: 'whole', live: false, outcome: null })
  // The end was in order: nothing of the run is left but its log.
  expect(namesIn(join(home, 'runtimes')).filter((name) => name.startsWith(run))).toEqual([])
}

test('L4 a log that reached the limit of its user ends the run; what was acknowledged is in it, and room makes it writable again', async () => {
  const home = temporaryHome()
  const load = { inFlight: 8, text: () => LONG }
  const ended = await startRuntime({ home, agents: 2, load, shell: 'ulimit -f 300', ...asNobody }).ended
  await expectDeath(home, ended, 'EFBIG')
  const [run = ''] = runsIn(join(home, 'logs'))
  const store = jsonlStore(join(home, 'logs'))
  await startLog(store, store.open(run)).close()
  await expectKept(join(home, 'logs'), run, ended.acknowledged)
})

test('L4 a full file system ends the run, whether it is the log or a blob that finds no room', async () => {
  for (const text of [LONG, BLOB]) {
    const home = smallDisk()
    if (home === null) continue
    const ended = await startRuntime({ home, agents: 2, load: { inFlight: 4, text: (n) => `${n}${text}` } }).ended
    await expectDeath(home, ended, 'ENOSPC')
  }
})

/** A file system of 2 MB, or null for who may not mount one; the limit of the test above stands for it then. */
function smallDisk(): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'rd-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder], { stdio: 'ignore' })
  } catch {
    rmSync(folder, { recursive: true })
    return null
  }
  onTestFinished(() => {
    execFileSync('umount', ['-l', folder])
    rmSync(folder, { recursive: true })
  })
  return folder
}

test('a logs folder that cannot be written refuses the run before anything is started', async () => {
  const home = temporaryHome()
  mkdirSync(join(home, 'logs'), { mode: 0o500 })
  if (isRoot) chownSync(join(home, 'logs'), NOBODY, NOBODY)
  const ended = await startRuntime({ home, agents: 1, load: { inFlight: 1, text: () => '' }, ...asNobody }).ended
  expect(ended).toMatchObject({
    code: 9,
    acknowledged: [],
    said: expect.stringMatching(/^ERR_STORE_UNREACHABLE The run's folder could not be made: EACCES/),
  })
  expect(namesIn(join(home, 'runtimes'))).toEqual([])
})

test('L4 a folder that is closed while the run writes ends it at the first text that has to be kept beside the log', async () => {
  const home = temporaryHome()
  const close = () => {
    const [run = ''] = runsIn(join(home, 'logs'))
    chmodSync(join(home, 'logs', run), 0o500)
  }
  let answers = 0
  const load = {
    inFlight: 2,
    text: (n: number) => (n < 20 ? 'short' : BLOB),
    onAcknowledged: () => {
      answers += 1
      if (answers === 10) close()
    },
  }
  const ended = await startRuntime({ home, agents: 1, load, ...asNobody }).ended
  await expectDeath(home, ended, 'EACCES')
})

test('L4 a folder that is deleted while the run writes ends it, and does not come back', async () => {
  const home = temporaryHome()
  let answers = 0
  let run = ''
  const load = {
    inFlight: 4,
    text: () => LONG,
    onAcknowledged: () => {
      answers += 1
      if (answers !== 50) return
      run = runsIn(join(home, 'logs'))[0] ?? ''
      renameSync(join(home, 'logs', run), join(home, 'away'))
      rmSync(join(home, 'away'), { recursive: true })
    },
  }
  const ended = await startRuntime({ home, agents: 2, load, ...asNobody }).ended
  expect(ended).toMatchObject({ code: 9, said: expect.stringMatching(/^ERR_LOG_DEAD .*events\.jsonl was deleted/) })
  expect(namesIn(join(home, 'logs'))).toEqual([])
  expect(namesIn(join(home, 'runtimes')).filter((name) => name.startsWith(run))).toEqual([])
})

test('a slow disk slows the run down, and loses and reorders nothing', async () => {
  const [logs, slowMs] = [temporaryHome(), 5]
  const pause = new Int32Array(new SharedArrayBuffer(4))
  const store = jsonlStore(logs, {
    write: (fd, bytes, offset, length) => {
      Atomics.wait(pause, 0, 0, slowMs)
      return writeSync(fd, bytes, offset, length)
    },
  })
  const live = start(
    async () => {
      const one = await agent('one', { driver: 'external' })
      let noted = 0
      one.on('note', { input: { type: 'object' } }, ({ n }: { n: number }) => {
        noted += 1
        if (noted === 40) void finish()
        return { noted: n }
      })
      const { promise, resolve } = Promise.withResolvers<void>()
      const finish = async () => resolve()
      await promise
      return noted
    },
    { store, reruns: false },
  )
  const client = loadClient(await agentFileOf(live, 'one'), { inFlight: 4, text: () => 'short' })
  const { value, run } = await live.ended
  expect(value()).toBeGreaterThanOrEqual(40)
  await client.closed
  const entries = await expectKept(logs, run, client.acknowledged)
  const calls = entries.filter(({ type }) => type === 'tool_call').map(({ data }) => (data as { call_id: string }).call_id)
  expect(calls).toEqual(calls.map((_, n) => `one-${n}`))
})
