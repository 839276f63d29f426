import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fc, test as property } from '@fast-check/vitest'
import { execa } from 'execa'
import { expect, test } from 'vitest'
import type { LaunchSpec } from '../../src/machines/driver.ts'
import type { Machine } from '../../src/machines/machine.ts'
import { piArgv, piEnv, shellExports, writePiFiles } from '../../src/machines/pi-launch.ts'

const OPTIONS = { base: {}, configDir: null, trustProject: false, toolResultBytesMax: null, messageBytesMax: null }

function specIn(dir: string, env: Record<string, string> = {}): LaunchSpec {
  const machine = { workdir: dir, env } as unknown as Machine
  const link = { serverUrl: 'ws://x', token: 'the token', agentFile: '/f' }
  return { run: 'r', agent: 'a', machine, systemPrompt: 'the prompt', model: null, link, dir, signal: new AbortController().signal }
}

property.prop(
  [
    fc.dictionary(
      fc.stringMatching(/^[A-Z][A-Z0-9_]{2,8}$/),
      fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed() && !text.includes('\0')),
    ),
  ],
  { numRuns: 20 },
)('any environment comes through the shell as it was', async (values) => {
  const env = Object.fromEntries(Object.entries(values).filter(([name]) => !['PWD', 'IFS', 'PATH'].includes(name)))
  const print = 'process.stdout.write(JSON.stringify(process.env))'
  const { stdout } = await execa('sh', ['-c', `${shellExports(env)}exec "$@"`, 'sh', process.execPath, '-e', print], {
    env: { PATH: process.env.PATH },
    extendEnv: false,
  })
  expect(JSON.parse(stdout)).toMatchObject(env)
})

test('names that a shell cannot set or that belong to the pane are left out', () => {
  expect(shellExports({ 'BASH_FUNC_x%%': '1', 'a b': '1', TMUX: '1', TERM: 'dumb', '1A': '1', OK_1: '' })).toBe("export OK_1=''\n")
})

test("the driver's environment lies over the machine's, and what makes pi an agent over both", () => {
  const env = piEnv(specIn('/d', { A: 'machine', B: 'machine', NO_PROXY: 'corp', RAMURE_AGENT_ID: 'outer' }), {
    ...OPTIONS,
    base: { B: 'driver' },
    configDir: '/c',
    messageBytesMax: 0,
  })
  expect(env).toMatchObject({
    A: 'machine',
    B: 'driver',
    NO_PROXY: '127.0.0.1,localhost,::1,corp',
    PI_OFFLINE: '1',
    PI_CODING_AGENT_DIR: '/c',
    RAMURE_AGENT_ID: 'a',
    RAMURE_EXECUTION_ID: 'r',
    RAMURE_SERVER_URL: 'ws://x',
    RAMURE_AGENT_FILE: '/f',
    RAMURE_MESSAGE_MAX_BYTES: '0',
  })
  expect(Object.values(env)).not.toContain('the token')
})

test('neither prompt nor token is in the command; files are for their owner only', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'ramure-launch-'))
  await writeFile(join(dir, 'stderr.log'), 'of an earlier launch')
  const spec = specIn(dir)
  const files = await writePiFiles(spec, { KEY: 'secret' })
  const argv = piArgv(spec, files, { command: ['node', 'cli.js'], extensionFile: '/e.js', model: 'p/m', extraArgs: ['--last'] })
  expect(argv.join(' ')).not.toMatch(/the prompt|the token|secret/)
  expect(argv.slice(-3)).toEqual(['--model', 'p/m', '--last'])
  expect((await stat(files.stderr)).size).toBe(0)
  for (const file of [files.env, files.systemPrompt ?? '']) expect((await stat(file)).mode & 0o777).toBe(0o600)
  for (const model of ['-x', 'a b', '', 'a;b', '$(x)']) {
    expect(() => piArgv(spec, files, { command: ['x'], extensionFile: '/e.js', model, extraArgs: [] })).toThrow(
      expect.objectContaining({ code: 'ERR_MODEL_NAME' }),
    )
  }
  await rm(dir, { recursive: true })
})
