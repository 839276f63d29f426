import { type SpawnOptions, spawn, spawnSync } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

const SCRIPTS = fileURLToPath(new URL('../../scripts', import.meta.url))

/** Holds the two projects below, which every test copies. */
let folder: string
let project: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ramure-scripts-'))
  project = join(folder, 'fresh')
  await makeProject()
  await cp(project, join(folder, 'ready'), { recursive: true })
  project = join(folder, 'ready')
  await call(['setup'])
})

afterAll(() => rm(folder, { recursive: true, force: true }))

describe('a fresh clone', () => {
  beforeEach(() => copyOf('fresh'))

  test('installs, builds and runs at the first call, and only runs at the second', async () => {
    const first = await call(['test', 'a', 'b'])
    const second = await call(['test', 'a', 'b'])
    expect(first).toMatchObject({ code: 0, stdout: '["run","a","b"]\n' })
    expect(first.stderr).toMatch(/Installing the packages of .*Built dist/s)
    expect(second).toEqual({ code: 0, stdout: first.stdout, stderr: '' })
  })

  test('is installed and built once when two commands start together', async () => {
    const both = await Promise.all([call(['test']), call(['test'])])
    const talk = both.map(({ stderr }) => stderr).join('')
    expect(both.map(({ code }) => code)).toEqual([0, 0])
    expect(talk.match(/Installing/g)).toHaveLength(1)
    expect(talk.match(/Built/g)).toHaveLength(1)
  })

  test('is told plainly when its lock file does not fit', async () => {
    await write('package.json', JSON.stringify({ name: 'toy', version: '1.0.0', dependencies: { tool: 'file:./other' } }))
    const { code, stdout, stderr } = await call(['test'])
    expect(code).not.toBe(0)
    expect(stdout).toBe('')
    expect(stderr).toContain('npm ci failed')
  })

  test('is not blocked by the lock of a process that died', async () => {
    await mkdir(join(project, '.ramure', 'install.lock'), { recursive: true })
    await write('.ramure/install.lock/pid', String(spawnSync(process.execPath, ['--version']).pid))
    expect((await call(['test'])).code).toBe(0)
  })
})

describe('a checkout that is ready', () => {
  beforeEach(() => copyOf('ready'))

  test('is built again when a source is newer than the build', async () => {
    const later = new Date(Date.now() + 5_000)
    await utimes(join(project, 'src', 'index.ts'), later, later)
    expect((await call(['test'])).stderr).toContain('Built dist')
  })

  test('is installed again when the lock file changed', async () => {
    await write('package-lock.json', `${await readFile(join(project, 'package-lock.json'), 'utf8')}\n`)
    expect((await call(['test'])).stderr).toContain('Installing')
  })

  test('hands the exit code of the command on', async () => {
    expect((await call(['test', 'exit', '7'])).code).toBe(7)
  })

  test('hands a signal on and waits for the command to end', async () => {
    const child = start(['test', 'wait'])
    child.stdout?.once('data', () => child.kill('SIGTERM'))
    expect(await ended(child)).toMatchObject({ code: 9, stdout: 'waiting\ngot SIGTERM\n' })
  })

  test('names its commands when it is asked for another', async () => {
    const { code, stderr } = await call(['tset'])
    expect(code).toBe(2)
    expect(stderr).toContain("There is no command 'tset'. Known are: demo, test")
  })

  test('gets tmux from the package manager as root, and is told how to get it otherwise', async () => {
    const bin = await folderWithApt()
    const { code, stderr } = await call(['setup'], { env: { ...environment(), PATH: bin } })
    expect(code).toBe(0)
    if (process.getuid?.() === 0)
      expect(await readFile(join(bin, 'calls'), 'utf8')).toBe('update\ninstall -y --no-install-recommends tmux\n')
    else expect(stderr).toContain('sudo apt-get install')
  })
})

const TSUP = `#!/usr/bin/env node
import { mkdirSync, writeFileSync } from 'node:fs'
const out = process.argv[process.argv.indexOf('--out-dir') + 1]
mkdirSync(out)
writeFileSync(out + '/index.js', '')
`

const VITEST = `#!/usr/bin/env node
const args = process.argv.slice(2)
if (args[1] === 'exit') process.exit(Number(args[2]))
if (args[1] !== 'wait') console.log(JSON.stringify(args))
else {
  process.on('SIGTERM', () => { console.log('got SIGTERM'); process.exit(9) })
  setInterval(() => {}, 1000)
  console.log('waiting')
}
`

/** What npm writes for a dependency that is a folder. */
const LOCK = {
  name: 'toy',
  version: '1.0.0',
  lockfileVersion: 3,
  requires: true,
  packages: {
    '': { name: 'toy', version: '1.0.0', dependencies: { tool: 'file:./tool' } },
    'node_modules/tool': { resolved: 'tool', link: true },
    tool: { version: '1.0.0', bin: { tsup: 'tsup.mjs', vitest: 'vitest.mjs' } },
  },
}

/** A project with our scripts whose only dependency is a folder with a fake tsup and a fake vitest: no registry is asked. */
async function makeProject(): Promise<void> {
  await mkdir(project)
  await Promise.all([cp(SCRIPTS, join(project, 'scripts'), { recursive: true }), mkdir(join(project, 'tool')), mkdir(join(project, 'src'))])
  await write('package.json', JSON.stringify({ name: 'toy', version: '1.0.0', type: 'module', dependencies: { tool: 'file:./tool' } }))
  await write('package-lock.json', JSON.stringify(LOCK))
  await write('tool/package.json', JSON.stringify({ name: 'tool', version: '1.0.0', bin: { tsup: './tsup.mjs', vitest: './vitest.mjs' } }))
  await write('tool/tsup.mjs', TSUP)
  await write('tool/vitest.mjs', VITEST)
  await write('src/index.ts', '')
}

async function copyOf(original: 'fresh' | 'ready'): Promise<void> {
  project = await mkdtemp(join(folder, `${original}-`))
  await cp(join(folder, original), project, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true })
}

/** A PATH with Node and a package manager that only writes down what it was asked, and no tmux. */
async function folderWithApt(): Promise<string> {
  const bin = join(project, 'bin')
  await mkdir(bin)
  await symlink(process.execPath, join(bin, 'node'))
  await write('bin/apt-get', `#!/bin/sh\necho "$@" >> '${bin}/calls'\n`)
  await chmod(join(bin, 'apt-get'), 0o755)
  return bin
}

async function write(path: string, text: string): Promise<void> {
  await writeFile(join(project, path), text, { mode: path.startsWith('tool/') ? 0o755 : 0o644 })
}

function call(args: readonly string[], options: SpawnOptions = {}): Promise<Ended> {
  return ended(start(args, options))
}

function start(args: readonly string[], options: SpawnOptions = {}) {
  return spawn(process.execPath, [join(project, 'scripts', 'run.mjs'), ...args], { cwd: project, env: environment(), ...options })
}

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

function ended(child: ReturnType<typeof spawn>): Promise<Ended> {
  const text = { stdout: '', stderr: '' }
  child.stdout?.on('data', (chunk) => {
    text.stdout += chunk
  })
  child.stderr?.on('data', (chunk) => {
    text.stderr += chunk
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, ...text }))
  })
}

/** Without what the npm that runs these tests put there. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')))
}
