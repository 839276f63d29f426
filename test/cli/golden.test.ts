/** What every command says, as it is at each width, in colour and through a pipe: a change of wording shows as a change of these files. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commands } from '../../src/cli/commands.ts'
import { reviewLog } from '../projections/review-log.ts'
import { type CliOptions, type Home, makeHome, ramure, record } from './home.ts'

const DONE = 'brisk-otter-4q7m2xk9'
const GONE = 'gray-finch-11111111'

/** As people meet them; the commands that have golden files of their own for more cases are here once as well. */
const CASES: { readonly [file: string]: readonly (readonly string[])[] } = {
  ls: [['ls', '--all'], ['ls', '--failed'], ['ls']],
  status: [['status', 'gray']],
  tail: [
    ['tail', 'brisk', '-n', '12'],
    ['tail', 'brisk', '--agent', 'nobody'],
    ['tail', 'brisk', '--where', 'seq >'],
  ],
  show: [
    ['show', 'brisk', '24'],
    ['show', 'brisk', '41'],
    ['show', 'brisk', '99'],
  ],
  why: [['why', 'gray', '24']],
  send: [
    ['send', 'builder', 'hello', '--id', 'brisk'],
    ['send', 'builder', 'hello'],
  ],
  call: [['call', 'add_task', '--id', 'brisk']],
  stop: [['stop', 'brisk'], ['stop']],
  connect: [
    ['connect', 'bulider', '--id', 'gray'],
    ['connect', '--id', 'gray'],
    ['connect', 'builder', '--id', 'gray'],
    ['connect', 'builder', '--id', 'brisk'],
  ],
  ssh: [
    ['ssh', '--id', 'gray'],
    ['ssh', '--id', 'brisk'],
  ],
  gc: [['gc', '--keep', '30d'], ['gc']],
  verify: [['verify', '--all']],
  doctor: [['doctor']],
  completion: [['completion', 'fsih']],
  export: [
    ['export', 'brisk', '--bundle', '-o', '<home>/brisk.ramure', '--force'],
    ['export', 'brisk', '--html', '-o', '<home>/nowhere/x.html'],
  ],
  open: [['open', 'nope']],
  diff: [['diff', 'brisk', 'nope']],
  replay: [['replay', 'brisk-oter']],
  import: [['import', '<home>/nothing.ramure']],
  'export-test': [['export-test', 'nope']],
  errors: [[''], ['stauts'], ['status', '--wach'], ['status', '-i'], ['status', '--log-dir', '<home>/nope'], ['help', 'nothing']],
}

const FORMS: readonly (readonly [title: string, options: CliOptions])[] = [
  ['60 columns', { width: 60 }],
  ['80 columns', { width: 80 }],
  ['120 columns', { width: 120 }],
  ['80 columns, in colour', { width: 80, colour: true, stderrIsTTY: true }],
  ['through a pipe', {}],
]

async function twoRuns(): Promise<Home> {
  const home = makeHome()
  await record(home, GONE, reviewLog(28))
  await record(home, DONE, reviewLog())
  mkdirSync(join(home.root, 'tmux'))
  return home
}

/** What is different on every machine and every day stands as what it is. */
function masked(text: string, { root }: Home): string {
  return (
    text
      .replaceAll(root, '<home>')
      .replace(/Node \d+\.\d+\.\d+/g, 'Node <version>')
      .replace(/tmux \d\S*/g, 'tmux <version>')
      .replace(/.*free where logs are written.*/g, '<room on the disk>')
      // How well it is packed is up to zlib.
      .replace(/[\d.]+ kB(?= · 41 entries)/g, '<size>')
      .replace(/the oldest of \d{4}-\d\d-\d\d/g, 'the oldest of <day>')
  )
}

describe('what a command says', () => {
  it.for(Object.keys(CASES))('of %s is the same as ever, at every width, in colour and through a pipe', async (file) => {
    const home = await twoRuns()
    const env = { RAMURE_PI: '/nowhere/pi', TMUX_TMPDIR: join(home.root, 'tmux') }
    const parts: string[] = []
    for (const [title, options] of FORMS) {
      parts.push(`════ ${title}`)
      for (const args of CASES[file] ?? []) {
        const real = args.map((arg) => arg.replace('<home>', home.root))
        const { exit, stdout, stderr } = await ramure(home, real, { ...options, env, now: '2027-01-01T00:00:00.000Z' })
        parts.push(`$ ramure ${args.join(' ')}`, stdout, ...(stderr === '' ? [] : [`stderr: ${stderr}`]), `exit ${exit}\n`)
      }
    }
    await expect(masked(parts.join('\n'), home)).toMatchFileSnapshot(`golden/text/${file}.txt`)
  })

  it('is kept for every command, unless it starts a run', () => {
    const missing = commands.map(({ name }) => name).filter((name) => !(name in CASES) && name !== 'demo')
    expect(missing).toEqual([])
  })

  it('is wider than the terminal only where a word or a command would have to be cut', async () => {
    const home = await twoRuns()
    for (const args of [
      ['ls', '--all'],
      ['status', 'gray'],
      ['tail', 'brisk', '-n', 'all'],
      ['show', 'brisk', '24'],
      ['gc', '--keep', '30d'],
    ]) {
      const { stdout } = await ramure(home, args, { width: 60, now: '2027-01-01T00:00:00.000Z' })
      const wide = stdout.split('\n').filter((line) => [...line].length > 60 && !line.includes('ramure ') && line.trim().includes(' '))
      expect([args, wide]).toEqual([args, []])
    }
  })

  it.for(commands.map(({ name }) => name))('about %s with --help is what its page says', async (name) => {
    const { stdout } = await ramure(makeHome(), [name, '--help'], { width: 100 })
    await expect(stdout).toMatchFileSnapshot(`golden/help/${name}.txt`)
  })
})
