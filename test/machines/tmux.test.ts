import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { execa } from 'execa'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runIdFrom } from '../../src/log/ids.ts'
import { type TmuxServer, tmuxServer } from '../../src/machines/tmux.ts'

const HOST_ENV = { ...process.env, TOP_SECRET: 'never in a pane' } as Record<string, string>
let root: string
let tmux: TmuxServer
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ramure-tmux-'))
  tmux = tmuxServer(runIdFrom(randomBytes(7)), { env: HOST_ENV })
  await Promise.all([tmux.start(), tmux.start()])
})
afterAll(async () => {
  await tmux.close()
  await rm(root, { recursive: true, force: true })
})

test('arguments and folders arrive as they are', async () => {
  const cwd = join(root, "it's #{pane_id}; $HOME")
  await mkdir(cwd)
  const args = ['$HOME', '`id`', "it's", '"', 'a\nb', '#{pane_pid}', '*', '~', '-e', '', ';', 'a;', 'a\\;', ';;', '🦉']
  const script =
    'require("fs").writeFileSync(process.argv[1], JSON.stringify([process.cwd(), process.argv.slice(2), process.env.TOP_SECRET ?? null]))'
  await tmux.newSession('verbatim', cwd, [process.execPath, '-e', script, '--', join(root, 'seen.json'), ...args])
  await until(async () => (await tmux.status('verbatim'))?.isDead === true)
  expect(JSON.parse(await readFile(join(root, 'seen.json'), 'utf8'))).toEqual([cwd, args, null])
})

test('a dead pane says so and can still be read; a session that is not there is null', async () => {
  await tmux.newSession('dead', root, ['sh', '-c', 'echo goodbye «now»; exit 3'])
  await until(async () => (await tmux.status('dead'))?.isDead === true)
  expect(await tmux.capture('dead')).toContain('goodbye «now»')
  expect(await tmux.kill('dead')).toBe(true)
  expect([await tmux.status('dead'), await tmux.capture('dead'), await tmux.kill('dead')]).toEqual([null, '', false])
})

test('a session is never taken for another that begins alike', async () => {
  await tmux.newSession('bob2', root, ['sleep', '600'])
  expect(await tmux.kill('bob')).toBe(false)
  expect(await tmux.status('bob')).toBeNull()
  expect(await tmux.status('bob2')).toMatchObject({ isDead: false })
})

test('keys are typed, and the window keeps its size', async () => {
  await tmux.newSession('typing', root, ['sh', '-c', 'stty size; cat'])
  await tmux.sendKeys('typing', 'hello; -x', 'Enter')
  await until(async () => (await tmux.capture('typing')).split('hello; -x').length > 2)
  expect(await tmux.capture('typing')).toContain('40 120')
})

test('names that tmux would change are refused', async () => {
  expect(() => tmuxServer('a.b', { env: HOST_ENV })).toThrow(expect.objectContaining({ code: 'ERR_BAD_NAME' }))
  for (const name of ['', 'a:b', 'a b', '=x', '-t', '#{x}', '🦉']) {
    await expect(tmux.newSession(name, root, ['true'])).rejects.toMatchObject({ code: 'ERR_BAD_NAME' })
  }
})

test('without tmux there is an error that says how to get it', async () => {
  await expect(tmuxServer('nowhere', { env: { PATH: root } }).start()).rejects.toMatchObject({
    code: 'ERR_TMUX_NOT_FOUND',
    hint: expect.stringContaining('apt-get'),
  })
})

test('the server ends with close(), and its socket goes', async () => {
  const own = tmuxServer(runIdFrom(randomBytes(7)), { env: HOST_ENV })
  await own.start()
  const pid = await own.newSession('one', root, ['sleep', '600'])
  const socket = socketOf(own.socketName)
  expect(existsSync(socket)).toBe(true)
  await own.close()
  await own.close()
  expect(existsSync(socket)).toBe(false)
  await until(() => Promise.resolve(!existsSync(`/proc/${pid}`)))
})

test('the server outlives the process that started it only for its grace', async () => {
  const run = runIdFrom(randomBytes(7))
  const url = new URL('../../src/machines/tmux.ts', import.meta.url).href
  const start = (orphanSeconds: number): string =>
    `const { tmuxServer } = await import(${JSON.stringify(url)}); const t = tmuxServer(${JSON.stringify(run)}, { env: process.env, orphanSeconds: ${orphanSeconds} }); await t.start();`
  const owner = await execa(
    process.execPath,
    ['-e', `${start(0)} console.log(await t.newSession('kept', '/', ['sleep', '600'])); process.kill(process.pid, 'SIGKILL')`],
    { reject: false },
  )
  const pane = `/proc/${Number(owner.stdout)}`
  expect([owner.signal, existsSync(pane)]).toEqual(['SIGKILL', true])
  await until(() => Promise.resolve(!existsSync(pane) && !existsSync(socketOf(`ramure-${run}`))))
})

const socketOf = (name: string): string => join(process.env.TMUX_TMPDIR ?? '/tmp', `tmux-${process.getuid?.()}`, name)

/** tmux announces nothing: it can only be asked again. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(10)
}
