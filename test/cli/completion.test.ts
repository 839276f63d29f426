/** What Tab offers: the words in between as a function. The scripts are tried in real shells, in `completion.<shell>.test.ts`. */
import { describe, expect, it } from 'vitest'
import { commands } from '../../src/cli/commands.ts'
import { askedFor } from '../../src/cli/complete-words.ts'
import type { Entry } from '../../src/log/events.ts'
import { reviewLog } from '../projections/review-log.ts'
import { type Home, makeHome, openRun, ramure, record } from './home.ts'

const DONE = 'brisk-otter-4q7m2xk9'
const OTHER = 'brave-finch-0k2m4n6p'

async function homeWithRuns(): Promise<Home> {
  const home = makeHome()
  const exposed: Entry = {
    ...(reviewLog(2)[1] as Entry),
    seq: 3,
    type: 'endpoint_exposed',
    data: { endpoint: 'add_task', definition: { name: 'add_task', description: 'Adds a task.\u001b[2J', parameters: {} } },
  } as Entry
  await record(home, OTHER, [...reviewLog(2), exposed])
  await record(home, DONE, reviewLog())
  return home
}

async function offered(home: Home, ...words: string[]): Promise<string[]> {
  const said = await ramure(home, ['__complete', '--', ...words])
  expect([said.exit, said.stderr]).toEqual([0, ''])
  return said.stdout.split('\n').filter((line) => line !== '')
}

const names = (lines: readonly string[]) => lines.map((line) => line.split('\t')[0])

describe('the word that is being written', () => {
  it.for([
    [[''], 'command', ''],
    [['sta'], 'command', 'sta'],
    [['help', 'st'], 'command', 'st'],
    [['nope', 'x'], 'nothing', 'x'],
    [['status', ''], 'run', ''],
    [['status', 'bri', ''], 'nothing', ''],
    [['status', '-'], 'option', '-'],
    [['status', '--id', 'b'], 'run', 'b'],
    [['status', '-i', 'b'], 'run', 'b'],
    [['tail', '--agent', 'a,b'], 'agent', 'b'],
    [['tail', '--type', ''], 'type', ''],
    [['tail', '--since', ''], 'moment', ''],
    [['tail', '-n', ''], 'nothing', ''],
    [['tail', '-f', ''], 'run', ''],
    [['tail', '--log-dir', './'], 'file', './'],
    [['replay', 'test/rec'], 'file', 'test/rec'],
    [['replay', '--all', ''], 'file', ''],
    [['diff', 'a', ''], 'run', ''],
    [['why', 'a', ''], 'nothing', ''],
    [['tail', '--agent=a,b'], 'agent', 'b'],
    [['tail', '--log-dir=./x'], 'file', './x'],
    [['send', ''], 'agent', ''],
    [['send', 'builder', 'x'], 'nothing', 'x'],
    [['call', 'a'], 'endpoint', 'a'],
    [['completion', ''], 'shell', ''],
    [['ssh', 'builder', '--', '-'], 'nothing', '-'],
  ] as const)('after %j is a %s', ([words, kind, prefix]) => {
    expect(askedFor(words, commands)).toMatchObject({ wanted: { kind }, prefix })
  })

  it('belongs to the run that was named, by place or by option', () => {
    expect(askedFor(['tail', 'brisk', '--agent', ''], commands).wanted).toEqual({ kind: 'agent', run: 'brisk' })
    expect(askedFor(['send', '--id', 'brave', ''], commands).wanted).toEqual({ kind: 'agent', run: 'brave' })
    expect(askedFor(['send', ''], commands).wanted).toEqual({ kind: 'agent', run: undefined })
  })

  it('is known for every argument and every option with a value that a command has', () => {
    for (const spec of commands) {
      for (const [flags] of spec.options) {
        const name = /--[a-z-]+/.exec(flags)?.[0] ?? ''
        expect(askedFor([spec.name, name], commands).wanted.kind).toBe('option')
        if (/<(file|folder)>/.test(flags)) expect(askedFor([spec.name, name, ''], commands).wanted.kind).toBe('file')
      }
      if (/[<[]run/.test(spec.args)) expect(askedFor([spec.name, ''], commands).wanted.kind).toBe('run')
    }
  })
})

describe('ramure __complete', () => {
  it('offers commands, options that were not given yet, and values', async () => {
    const home = await homeWithRuns()
    expect(names(await offered(home, 'st'))).toEqual(['status', 'stop'])
    expect(await offered(home, 'why', '--n')).toEqual(['--no-replay\tdo not run the program again to see on which lines it waits'])
    expect(names(await offered(home, 'tail', '-f', '--'))).not.toContain('--follow')
    expect(names(await offered(home, 'tail', '--'))).toContain('--follow')
    expect(names(await offered(home, 'tail', '--type', 'message,tool_'))).toEqual([
      'message,tool_registered',
      'message,tool_call',
      'message,tool_result',
    ])
    expect(await offered(home, 'replay', './')).toEqual([':files'])
  })

  it('offers runs with their age, and live ones as live', async () => {
    const home = await homeWithRuns()
    const log = openRun(home, 'bold-newt-22222222')
    log.append({ type: 'warning', by: 'runtime', scope: '/', data: { code: 'W', message: 'm' } })
    log.flush()
    const lines = await offered(home, 'status', 'b')
    await log.close()
    expect(names(lines).toSorted()).toEqual(['bold-newt-22222222', OTHER, DONE])
    expect(lines.find((line) => line.startsWith('bold'))).toBe('bold-newt-22222222\tlive')
    expect(lines.find((line) => line.startsWith(DONE))).toMatch(/\t.* ago$/)
  })

  it('offers agents and endpoints of the run that is meant, and nothing that a terminal would obey', async () => {
    const home = await homeWithRuns()
    expect(names(await offered(home, 'send', ''))).toEqual(['builder', 'reviewer', 'tester'])
    expect(names(await offered(home, 'tail', 'brisk', '--agent', 'builder,re'))).toEqual(['builder,reviewer'])
    expect(names(await offered(home, 'tail', 'brisk', '--agent=builder,re'))).toEqual(['--agent=builder,reviewer'])
    expect(await offered(home, 'send', '--id', 'brave', '')).toEqual([])
    expect(await offered(home, 'call', '--id', 'brave', 'a')).toEqual(['add_task\tAdds a task.'])
  })

  it('says nothing where there is nothing, whatever is asked', async () => {
    const empty = makeHome()
    for (const words of [['status', ''], ['send', ''], ['call', ''], ['nope', ''], ['status', '--id', '../..'], []]) {
      expect(await offered(empty, ...words).then((lines) => lines.filter((line) => words.length > 0 && line !== ''))).toEqual([])
    }
    const said = await ramure(empty, ['__complete', '--', 'status', ''], { env: { RAMURE_HOME: undefined, HOME: undefined } })
    expect(said).toEqual({ exit: 0, stdout: '', stderr: '' })
  })
})

describe('ramure completion', () => {
  it.for(['bash', 'zsh', 'fish'])('prints a script for %s that says how to use it', async (shell) => {
    const said = await ramure(makeHome(), ['completion', shell])
    expect([said.exit, said.stderr]).toEqual([0, ''])
    expect(said.stdout).toContain(`ramure completion ${shell}`)
    expect(JSON.parse((await ramure(makeHome(), ['completion', shell, '--json'])).stdout).data.shell).toBe(shell)
  })

  it('knows which shell was meant', async () => {
    expect(await ramure(makeHome(), ['completion', 'fisch'])).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('did you mean  fish'),
    })
  })
})
