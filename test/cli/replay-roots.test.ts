/** Programs that call several root processes, of which one is replayed. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Home, ramure } from './home.ts'
import { headerOf, library, recorded, replayed } from './recorded-program.ts'

const CHAIN = `import { agentProcess, emit, step } from '${library}'
const first = agentProcess('first', async (n: number) => ({ from: await step('look', () => n) }))
const second = agentProcess('second', async (a: { from: number }) => {
  emit('got', a.from)
  return a.from + 1
})
const a = await first(1)
console.log(await second(a))
`
const FAILING = `import { agentProcess, emit } from '${library}'
const check = agentProcess('check', async () => { throw new TypeError('no builder') })
const mend = agentProcess('mend', async () => void emit('mended'))
const failed = await check().catch((error) => error.name + ': ' + error.message)
if (failed === 'TypeError: no builder') await mend()
`

describe('a program that calls several root processes', () => {
  it('replays each of its runs, the others answered with what they recorded', async () => {
    const home = await recorded({ 'main.ts': CHAIN })
    const { first, second } = runsOf(home)
    expect(await replayed(home, [], first)).toMatchObject({ verdict: 'identical' })
    const line = CHAIN.split('\n').indexOf('const a = await first(1)') + 1
    const verdict = await replayed(home, [], second)
    expect(verdict).toMatchObject({ verdict: 'identical', other_roots: [{ process: 'first', run: first, site: { line } }] })
    expect(verdict.new_arguments).toBeUndefined()
    const said = await ramure(home, ['replay', second])
    expect(said.stdout).toContain(`called first: it was given the recorded result of ${first}`)
    expect(readdirSync(home.logs)).toHaveLength(2)
  })

  it('is given the error of another run as it was recorded', async () => {
    const home = await recorded({ 'main.ts': FAILING })
    expect(await replayed(home, [], runsOf(home)['mend'])).toMatchObject({ verdict: 'identical', other_roots: [{ process: 'check' }] })
  })

  it.for([
    ['is not there', (home: Home, first: string) => rmSync(join(home.logs, first), { recursive: true }), 'no recording of that call'],
    ['is of another Node process', (home: Home, first: string) => edit(home, first, /"pid":\d+/, '"pid":1'), 'no recording of that call'],
    ['has other arguments', (home: Home, first: string) => edit(home, first, /"args":\[1\]/, '"args":[2]'), 'with other arguments'],
    ['has no end', (home: Home, first: string) => edit(home, first, /.*"run_ended".*\n/, ''), 'ends before it did'],
  ] as const)('is refused another call whose recording %s, by name and line', async ([, damage, why]) => {
    const home = await recorded({ 'main.ts': CHAIN })
    const { first, second } = runsOf(home)
    damage(home, first)
    const said = await ramure(home, ['replay', second])
    expect(said.exit).toBe(8)
    expect(said.stdout).toMatch(/ERR_REPLAY_OTHER_ROOT[^]*'first' was called at \S*main\.ts:7:17, and not started/)
    expect(said.stdout.replaceAll(/\s+/g, ' ')).toContain(why)
  })
})

it('a call with other arguments than were recorded is given the recorded ones, and the report says so', async () => {
  const home = await recorded(
    { 'main.ts': CHAIN.replace('const a = await first(1)', 'const a = { from: Number(process.argv[2]) }') },
    'main.ts',
    ['5'],
  )
  writeFileSync(join(home.root, 'main.ts'), readFileSync(join(home.root, 'main.ts'), 'utf8').replace('process.argv[2]', '6'))
  const { second } = runsOf(home)
  expect(await replayed(home, [], second)).toMatchObject({
    verdict: 'identical',
    new_arguments: [{ path: '0.from', recorded: 5, now: 6 }],
  })
  expect((await ramure(home, ['replay', second])).stdout).toContain(
    'called with other arguments now, and given the recorded ones: 0.from: 5 → 6',
  )
})

/** Runs by the name of their process. */
function runsOf(home: Home): Record<string, string> & { readonly first: string; readonly second: string } {
  return Object.fromEntries(readdirSync(home.logs).map((run) => [headerOf(home, run).data.process, run])) as never
}

function edit(home: Home, run: string, from: RegExp, to: string): void {
  const log = join(home.logs, run, 'events.jsonl')
  const text = readFileSync(log, 'utf8')
  if (!from.test(text)) throw new Error(`There is no ${from} in ${log}.`)
  writeFileSync(log, text.replace(from, to))
}
