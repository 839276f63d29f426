import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bashArgv, OUTPUT_BYTES_MAX } from '../../src/machines/bash.ts'
import { localImage } from '../../src/machines/local.ts'
import type { Machine } from '../../src/machines/machine.ts'

let root: string
let machine: Machine
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ramure-local-'))
  await mkdir(join(root, "odd 'name; $HOME"))
  machine = await localImage({ workdir: "odd 'name; $HOME", env: { GREETING: 'hello $HOME', PATH: `${process.env.PATH}` } }).spawn({
    cwd: root,
  })
})
afterAll(() => rm(root, { recursive: true, force: true }))

test('a command runs in bash, in the working folder, with the image over the host environment', async () => {
  expect(await machine.exec('[[ 1 == 1 ]] && pwd; printf %s "$GREETING|$HOME"; printf oops >&2; exit 3')).toEqual({
    exit_code: 3,
    stdout: `${machine.workdir}\nhello $HOME|${process.env.HOME}`,
    stderr: 'oops',
  })
})

test('equal images describe themselves alike', () => {
  expect(localImage({ workdir: 'a' }).describe({ cwd: '/b' })).toEqual({ kind: 'LocalMachine', workdir: '/b/a' })
  expect(localImage({ workdir: '/x' }).describe({ cwd: '/b' })).toEqual({ kind: 'LocalMachine', workdir: '/x' })
  expect(localImage().describe({ cwd: '/b' })).toEqual({ kind: 'LocalMachine', workdir: '/b' })
})

test('a working folder that is missing or a file is refused before anything starts', async () => {
  await writeFile(join(root, 'file'), '')
  for (const [workdir, why] of [
    ['missing', 'does not exist'],
    ['file', 'is not a folder'],
  ] as const) {
    await expect(localImage({ workdir }).spawn({ cwd: root })).rejects.toMatchObject({
      code: 'ERR_WORKDIR',
      message: expect.stringContaining(why),
    })
  }
})

test('files are bytes, relative to the working folder, and their folders are made', async () => {
  const bytes = Uint8Array.of(0, 255, 10, 13)
  await machine.writeFile('deep/er/file.bin', bytes)
  expect(new Uint8Array(await machine.readFile('deep/er/file.bin'))).toEqual(bytes)
  expect(new Uint8Array(await machine.readFile(join(machine.workdir, 'deep/er/file.bin')))).toEqual(bytes)
  await expect(machine.readFile('nothing')).rejects.toMatchObject({ code: 'ENOENT' })
})

test('a timeout that is longer than a timer can wait is none', async () => {
  expect(await machine.exec('sleep 0.05; echo done', { timeoutMs: 2 ** 31 })).toMatchObject({ exit_code: 0, stdout: 'done\n' })
})

test('a timeout is an answer, and ends everything that the command started', async () => {
  const startedAt = performance.now()
  const result = await machine.exec('echo before; (trap "" TERM; sleep 4567) & echo $! > child; wait', { timeoutMs: 300 })
  expect(result).toEqual({ exit_code: 124, stdout: 'before\n', stderr: 'Timed out after 0.3s' })
  expect(performance.now() - startedAt).toBeLessThan(3000)
  expect(isRunning(Number(readFileSync(join(machine.workdir, 'child'), 'utf8')))).toBe(false)
})

test('a process that left the group and kept the pipes does not hold up the answer', async () => {
  const result = await machine.exec('setsid sleep 5 & echo $! > escaped; echo started; sleep 5', { timeoutMs: 200 })
  expect(result).toMatchObject({ exit_code: 124, stdout: 'started\n' })
  process.kill(Number(readFileSync(join(machine.workdir, 'escaped'), 'utf8')), 'SIGKILL')
})

test('an abort ends the group and rejects with what aborted it', async () => {
  const abort = new AbortController()
  const running = machine.exec('echo $$ > aborted; echo ready; sleep 4567', { signal: abort.signal })
  const reason = new Error('no longer wanted')
  while (!existsSync(join(machine.workdir, 'aborted'))) await delay(5)
  abort.abort(reason)
  await expect(running).rejects.toMatchObject({ name: 'AbortError', cause: reason })
  await expect(machine.exec('echo never > never', { signal: abort.signal })).rejects.toMatchObject({ name: 'AbortError' })
  await expect(machine.readFile('never')).rejects.toThrow('ENOENT')
})

test('stop() ends what still runs', async () => {
  const own = await localImage({ workdir: root }).spawn({ cwd: root })
  const running = own.exec('sleep 4567')
  await own.stop()
  await own.stop()
  await expect(running).rejects.toMatchObject({ name: 'AbortError', cause: { code: 'ERR_MACHINE_STOPPED' } })
})

test('a signal is an exit code as the shell writes it', async () => {
  expect((await machine.exec('kill -TERM $$')).exit_code).toBe(143)
})

test('endless output is kept in bounds and says so', async () => {
  const { exit_code, stdout } = await machine.exec(`echo first; head -c ${3 * OUTPUT_BYTES_MAX} /dev/zero | tr '\\0' x; echo; echo last`)
  expect(exit_code).toBe(0)
  expect(stdout.length).toBeLessThan(OUTPUT_BYTES_MAX + 100)
  expect(stdout.slice(0, 7)).toBe('first\nx')
  expect(stdout.slice(-7)).toBe('x\nlast\n')
  expect(stdout).toContain(`\n[${2 * OUTPUT_BYTES_MAX + 12} bytes left out]\n`)
})

test('a command that no kernel takes is an error with a hint', async () => {
  await expect(machine.exec(`: ${'x'.repeat(3_000_000)}`)).rejects.toMatchObject({ code: 'ERR_EXEC', hint: expect.any(String) })
})

test('another user is one argument of sudo or runuser, and never more', async () => {
  expect(bashArgv('id; $HOME', 'bob', true)).toEqual(['runuser', '-u', 'bob', '--', 'bash', '-c', 'id; $HOME'])
  expect(bashArgv('id', 'bob', false)).toEqual(['sudo', '-n', '-u', 'bob', '--', 'bash', '-c', 'id'])
  for (const user of ['', '-u', 'a b', 'a;b', '$(id)', '../x', 'é', 'x'.repeat(40)]) {
    expect(() => bashArgv('id', user, true)).toThrow(expect.objectContaining({ code: 'ERR_USER_NAME' }))
  }
  if (userInfo().uid !== 0) return
  const nobody = await localImage({ workdir: '/' }).spawn({ cwd: '/' })
  expect((await nobody.exec('id -un', { user: 'nobody' })).stdout).toBe('nobody\n')
})

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
