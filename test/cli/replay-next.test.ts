/** What a report names next is run as it stands. */
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import { expect, it } from 'vitest'
import { type Home, ramure } from './home.ts'
import { library, recorded } from './recorded-program.ts'

const PROGRAM = `import { agentProcess, emit } from '${library}'
const main = agentProcess('main', async () => emit('count', 1))
await main()
`

const named: readonly (readonly [how: string, words: (home: Home, run: string) => readonly string[]])[] = [
  ['by nothing, in another folder of logs', (home, run) => ['--log-dir', dirname(copied(home, run, "bob's logs"))]],
  [
    'by the path of its log, with another program',
    (home, run) => [join(copied(home, run, 'a copy'), 'events.jsonl'), '--program', other(home)],
  ],
]

it.for(named)('a recording named %s', async ([, words]) => {
  const home = await recorded({ 'main.ts': PROGRAM })
  const main = join(home.root, 'main.ts')
  writeFileSync(main, readFileSync(main, 'utf8').replace("'count', 1", "'count', 2"))
  const [run = ''] = readdirSync(home.logs)
  const said = await ramure(home, ['replay', ...words(home, run)], { width: 120 })
  expect(said.exit).toBe(4)
  const commands = said.stdout.match(/ramure (replay|show) .*?(?= {2}|$)/gm) ?? []
  expect(commands).toHaveLength(4)
  for (const command of commands) {
    // A debugger would be waited for: the same place is asked for otherwise.
    const { stdout } = await execa('bash', ['-c', `printf '%s\\n' ${command.replace('--inspect', '--until')}`])
    const [, ...argv] = stdout.split('\n')
    const { exit, stderr } = await ramure(home, argv)
    expect([command, exit, stderr.includes('ERR_')]).toEqual([
      command,
      command.includes('--lenient') || argv.includes('--until') ? 4 : 0,
      false,
    ])
  }
})

it('a recording that was changed since it was written', async () => {
  const home = await recorded({ 'main.ts': PROGRAM })
  const [run = ''] = readdirSync(home.logs)
  const log = join(home.logs, run, 'events.jsonl')
  writeFileSync(log, readFileSync(log, 'utf8').replace(/"data":1\b/, '"data":7'))
  const said = await ramure(home, ['replay', run], { width: 100 })
  expect(said).toMatchObject({ exit: 8, stderr: '' })
  expect(said.stdout).toMatch(/CANNOT TELL {3}exit 8 ERR_LOG_CORRUPT[^]*one of the lines 1–\d+,\s+or\s+the\s+checksum/)
  const [verify = '', again = ''] = said.stdout.match(/ramure (verify|replay) .*?(?= {2}|$)/gm) ?? []
  expect(await ramure(home, verify.split(' ').slice(1))).toMatchObject({ exit: 8, stdout: expect.stringContaining('checksum  wrong') })
  expect(again).toMatch(/--edited$/)
  const edited = await ramure(home, again.split(' ').slice(1), { width: 100 })
  expect(edited).toMatchObject({
    exit: 4,
    stdout: expect.stringMatching(/note {6}edited since it was recorded:\s+one\s+of\s+the\s+lines 1–\d+/),
  })
  expect(edited.stdout).toMatch(/ramure replay \S+ --edited --accept/)
  expect((await ramure(home, ['replay', '--all', home.logs])).exit).toBe(8)
  expect((await ramure(home, ['replay', '--all', home.logs, '--edited'])).exit).toBe(4)
})

function copied(home: Home, run: string, folder: string): string {
  const to = join(home.root, folder, run)
  cpSync(join(home.logs, run), to, { recursive: true })
  return to
}

function other(home: Home): string {
  const path = join(home.root, 'the other.ts')
  writeFileSync(path, PROGRAM.replace("'count', 1", "'count', 3"))
  return path
}
