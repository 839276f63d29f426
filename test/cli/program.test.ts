/** What holds for every command: help, usage errors, envelopes, exit codes. */
import { describe, expect, it } from 'vitest'
import { commands } from '../../src/cli/commands.ts'
import { exitCodeOf } from '../../src/cli/exit-code.ts'
import { makeHome, ramure } from './home.ts'

describe('ramure', () => {
  it('without a command says what there is', async () => {
    const said = await ramure(makeHome(), [])
    expect([said.exit, said.stderr]).toEqual([0, ''])
    for (const { name } of commands) expect(said.stdout).toContain(`  ${name} `)
  })

  it('says its version', async () => {
    expect(await ramure(makeHome(), ['--version'])).toEqual({ exit: 0, stdout: '0.1.0\n', stderr: '' })
  })

  it.for([
    [['stauts'], "ramure: Unknown command 'stauts'.   ERR_USAGE · exit 2\n  did you mean  status         all commands  ramure --help\n"],
    [
      ['tail', '--folow'],
      "ramure: Unknown option '--folow'.   ERR_USAGE · exit 2\n  did you mean  --follow         how it is used  ramure tail --help\n",
    ],
    [['show'], "ramure: Missing required argument 'run-or-seq'.   ERR_USAGE · exit 2\n  how it is used  ramure show --help\n"],
    [['help', 'stauts'], "ramure: Unknown command 'stauts'.   ERR_USAGE · exit 2\n  all commands  ramure --help\n"],
  ] as const)('answers %j with what was meant', async ([args, stderr]) => {
    expect(await ramure(makeHome(), args)).toEqual({ exit: 2, stdout: '', stderr })
  })

  it('answers machines with an envelope also when it was called wrongly', async () => {
    const said = await ramure(makeHome(), ['tail', '--nope', '--json'])
    expect([said.exit, said.stderr]).toEqual([2, ''])
    expect(JSON.parse(said.stdout)).toEqual({
      v: 1,
      ok: false,
      error: { code: 'ERR_USAGE', message: "Unknown option '--nope'.", hint: expect.any(String) },
    })
  })

  it('refuses an old Node by its name, before anything of ours breaks under it', async () => {
    const said = await ramure(makeHome(), ['ls'], { nodeVersion: '20.20.2' })
    expect(said).toMatchObject({
      exit: 2,
      stdout: '',
      stderr: expect.stringContaining('Node 20.20.2 is too old for ramure, which needs 22.19 or newer.   ERR_NODE_TOO_OLD'),
    })
    expect(await ramure(makeHome(), ['ls'], { nodeVersion: '22.18.0' })).toMatchObject({ exit: 2 })
    for (const nodeVersion of ['22.19.0', '23.0.0', '24.1.0']) {
      expect(await ramure(makeHome(), ['ls'], { nodeVersion })).toMatchObject({ exit: 0 })
    }
  })

  it('a home that is no folder is no mistake of ours', async () => {
    const said = await ramure(makeHome(), ['ls'], { env: { RAMURE_HOME: import.meta.filename } })
    expect(said).toMatchObject({ exit: 9, stderr: expect.stringContaining('ERR_STORE_UNREACHABLE') })
  })

  it('says what is missing when it has no home', async () => {
    const said = await ramure(makeHome(), ['ls'], { env: { RAMURE_HOME: undefined, HOME: undefined } })
    expect(said).toMatchObject({ exit: 2, stderr: expect.stringContaining('ERR_NO_HOME') })
  })
})

describe('every command', () => {
  it.for(commands.map((command) => [command.name, command] as const))(
    '%s has help with two examples of itself, and --json',
    async ([name, spec]) => {
      const said = await ramure(makeHome(), [name, '--help'])
      expect([said.exit, said.stderr]).toEqual([0, ''])
      expect(spec.examples.length).toBeGreaterThanOrEqual(2)
      for (const [example] of spec.examples) {
        expect(said.stdout).toContain(example)
        expect(example).toMatch(new RegExp(`(^|\\| )(npx )?ramure ${name}\\b`))
      }
      expect(said.stdout).toContain('--json')
      // Eighty columns hold everything that is not an example.
      for (const line of (said.stdout.split('Examples:')[0] ?? '').split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    },
  )
})

describe('exit codes', () => {
  it.for([
    ['ERR_USAGE', 2],
    ['ERR_BAD_NAME', 2],
    ['ERR_NODE_TOO_OLD', 2],
    ['ERR_RUN_NOT_FOUND', 3],
    ['ERR_AGENT_AMBIGUOUS', 3],
    ['ERR_AGENT_ENDED', 3],
    ['ERR_DIVERGED', 4],
    ['ERR_EXECUTION_FAILED', 5],
    ['ERR_RUN_ORPHANED', 6],
    ['ERR_CONTROL_TIMEOUT', 7],
    ['ERR_LOG_LINE', 8],
    ['ERR_STORE_UNREACHABLE', 9],
    ['ERR_BUDGET_EXCEEDED', 10],
    ['ERR_INTERNAL', 1],
  ] as const)('of %s is %i', ([code, exit]) => {
    expect(exitCodeOf(code)).toBe(exit)
  })
})
