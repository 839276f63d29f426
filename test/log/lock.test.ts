import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { acquireLock, type Lock, lockHolder } from '../../src/log/lock.ts'
import { thisProcess } from '../../src/log/process-identity.ts'
import { tempFolder } from './temp.ts'
import { raceWriters } from './writer-race.ts'

function isLock(result: ReturnType<typeof acquireLock>): result is Lock {
  return 'release' in result
}

/** Writes a claim as another process would have left it; its inode is that of the file. */
function plant(folder: string, fields: object, file = 'run.lock', nonce = 'a'.repeat(24)): void {
  const path = join(folder, file)
  writeFileSync(path, '')
  const { ino } = statSync(path)
  writeFileSync(path, JSON.stringify({ ...thisProcess(), nonce, inode: ino, ...fields }))
}

async function racer(folder: string): Promise<ChildProcess> {
  const child = fork(new URL('../fixtures/lock-racer.ts', import.meta.url), [folder])
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child, 'message')
  return child
}

async function answerOf(child: ChildProcess): Promise<string> {
  const [answer] = (await once(child, 'message')) as [string]
  return answer
}

async function releasedBy(child: ChildProcess): Promise<void> {
  const answer = answerOf(child)
  child.send('release')
  await answer
}

async function killed(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

test('L2 of 20 processes that start at one instant, also after a dead writer, exactly one gets the lock', async () => {
  const folder = tempFolder()
  plant(folder, { start: '1' })
  const racers = await Promise.all(Array.from({ length: 20 }, () => racer(folder)))
  for (let round = 0; round < 6; round += 1) {
    const answers = racers.map(answerOf)
    for (const child of racers) child.send('take')
    const winners = (await Promise.all(answers)).flatMap((answer, index) => (answer === 'held' ? [index] : []))
    expect(winners).toHaveLength(1)
    const [winner] = racers.splice(winners[0] ?? 0, 1)
    if (winner === undefined) throw new Error('There was a winner a moment ago.')
    if (round % 2 === 0) await killed(winner)
    else await releasedBy(winner)
  }
})

test('L2 the lock of a killed writer is taken over, also while nobody has asked for its exit code', async () => {
  const folder = tempFolder()
  const child = await racer(folder)
  const answer = answerOf(child)
  child.send('take')
  expect(await answer).toBe('held')
  expect(acquireLock(folder)).toMatchObject({ alive: true, who: `process ${child.pid} on ${hostname()}` })
  await killed(child)
  expect(lockHolder(folder)).toMatchObject({ alive: false })
  const lock = acquireLock(folder)
  expect(isLock(lock)).toBe(true)
  if (isLock(lock)) lock.release()
  expect(readdirSync(folder)).toStrictEqual([])
})

test('a lock holds inside one process, until it is released', () => {
  const folder = tempFolder()
  const first = acquireLock(folder)
  expect(acquireLock(folder)).toMatchObject({ alive: true })
  if (isLock(first)) first.release()
  expect(lockHolder(folder)).toBeNull()
  expect(isLock(acquireLock(folder))).toBe(true)
})

test.each<[string, object, boolean | null]>([
  ['whose pid now belongs to a process that started later', { start: '1' }, false],
  ['whose pid is not there', { pid: 2 ** 30 }, false],
  ['from before the machine booted', { boot: 'another-boot' }, false],
  ['on another machine that shares the folder', { host: 'elsewhere', boot: 'another-boot' }, null],
  ['in another container of this machine', { host: 'elsewhere', pidns: 'pid:[1]' }, null],
  ['that is this very process', {}, true],
])('a holder %s is judged', (_, fields, alive) => {
  const folder = tempFolder()
  plant(folder, fields)
  expect(lockHolder(folder)).toMatchObject({ alive })
  expect(isLock(acquireLock(folder))).toBe(alive === false)
})

test('a copied home folder is not locked by the process that holds the original', () => {
  const original = tempFolder()
  const copy = join(tempFolder(), 'copy')
  acquireLock(original)
  mkdirSync(copy)
  copyFileSync(join(original, 'run.lock'), join(copy, 'run.lock'))
  expect(lockHolder(original)).toMatchObject({ alive: true })
  expect(isLock(acquireLock(copy))).toBe(true)
})

test.each(['', '\0\0\0\0', 'null', '{"pid":1}', '{"pid":"x","nonce":"../../etc"}'])(
  'a lock file with %j in it, cut by a crash, is taken over',
  (text) => {
    const folder = tempFolder()
    writeFileSync(join(folder, 'run.lock'), text)
    const lock = acquireLock(folder)
    expect(isLock(lock)).toBe(true)
    if (isLock(lock)) lock.release()
    expect(readdirSync(folder)).toStrictEqual([])
  },
)

test('whoever links behind a claim that was removed meanwhile does not hold the lock', () => {
  const folder = tempFolder()
  const lock = acquireLock(folder)
  const nonce = (JSON.parse(readFileSync(join(folder, 'run.lock'), 'utf8')) as { nonce: string }).nonce
  plant(folder, {}, `run.lock.${'b'.repeat(24)}`)
  expect(lockHolder(folder)).toMatchObject({ nonce })
  if (isLock(lock)) lock.release()
  // The next holder clears away what is not in its chain.
  const next = acquireLock(folder)
  expect(readdirSync(folder)).toStrictEqual(['run.lock'])
  if (isLock(next)) next.release()
})

test('L2 of two writers that start at one instant one writes, and the other is told why it does not', async () => {
  await raceWriters(10)
})
