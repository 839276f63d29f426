import { utimesSync } from 'node:fs'
import { join } from 'node:path'
import { agentProcess, emit } from 'ramure'
import { fold, overview } from 'ramure/projections'
import { acceptReplay } from 'ramure/replay'
import { always, type Check, PropertyFailed, property, readRecording } from 'ramure/testing'
import { describe, expect, test, vi } from 'vitest'
import { mergeGate } from '../../examples/merge-gate-obvious.ts'
import { type SummaryFacts, summaryOf } from '../../src/export/summary.ts'
import { approvedByBoth } from '../examples/agents/merge-gate.ts'
import { type Home, makeHome, ramure } from './home.ts'

/** Breaks a property of the obvious merge gate and gives the name of the run that was kept. */
async function kept(home: Home, faults: 'duplicateCall' | 'silence', check: Check): Promise<string> {
  vi.stubEnv('RAMURE_HOME', home.root)
  const failed = await property(mergeGate, ['limit logins'])
    .faults({ [faults]: true })
    .with({ seed: 1 })
    .check(check)
    .catch((error: unknown) => error)
  if (!(failed instanceof PropertyFailed)) throw failed
  const run = failed.counterexample.kept ?? ''
  const modifiedAt = new Date(Date.UTC(2026, 10, 21, 9, 30))
  utimesSync(join(home.logs, run, 'events.jsonl'), modifiedAt, modifiedAt)
  return run
}

const bothApproved = Object.defineProperty(approvedByBoth.bind(null), 'name', { value: 'bothApproved' }) as Check

describe('a run that a property test kept', { timeout: 30_000 }, () => {
  test.for([60, 80, 120])('says at width %i what it refutes, in a list, a status and a why', async (width) => {
    const home = makeHome()
    const run = await kept(home, 'duplicateCall', bothApproved)
    const said = await Promise.all(
      [
        ['ls', '--failed'],
        ['status', run],
        ['why', run],
        ['tail', run, '-f'],
      ].map((args) => ramure(home, args, { width })),
    )
    const text = said.map(({ stdout, stderr, exit }) => `${stdout}${stderr}exit ${exit}\n`).join('\n')
    await expect(text).toMatchFileSnapshot(`golden/counterexample-${width}.txt`)
  })

  test('is no vanished one when its simulation came to rest: nobody is looked for, and it says so', async () => {
    const home = makeHome()
    const run = await kept(home, 'silence', always.terminates('2h'))
    const listed = JSON.parse((await ramure(home, ['ls', '--failed', '--json'])).stdout)
    const counterexample = {
      property: 'terminates("2h")',
      why: 'mergeGate waits for done() or fail() at merge-gate-obvious.ts:43, and nothing left can wake it',
      outcome: 'stuck',
      rerun: expect.stringMatching(/^RAMURE_SEED=1 RAMURE_PATH=[\d:]+ npx vitest run counterexample\.test\.ts$/),
    }
    expect(listed.data.runs).toEqual([
      expect.objectContaining({
        run,
        status: 'stuck',
        reason: `property 'terminates("2h")' broken: ${counterexample.why}`,
        counterexample,
      }),
    ])
    const status = await ramure(home, ['status', run, '--json'])
    expect(JSON.parse(status.stdout).data).toMatchObject({
      status: 'stuck',
      counterexample,
      problems: [{ kind: 'counterexample', seq: 1, next: expect.stringMatching(/^ramure export-test [a-z]+-[a-z]+$/) }],
    })
    const why = await ramure(home, ['why', run], { width: 120 })
    expect(why.exit).toBe(0)
    expect(why.stdout).toContain('it was simulated, and came to rest without an end')
    expect(why.stdout).toMatch(/waits for done\(\) or fail\(\)[^]*at merge-gate-obvious\.ts:43/)
    expect(why.stdout).not.toMatch(/vanished|runtime lost|is gone/)
    expect((await ramure(home, ['tail', run])).stderr).not.toContain('vanished')
    expect((await ramure(home, ['doctor'])).stdout).not.toContain(run.slice(0, 10))
  })

  test('names the property above its page', async () => {
    const home = makeHome()
    const run = await kept(home, 'silence', always.terminates('2h'))
    const { entries } = await readRecording(join(home.logs, run, 'events.jsonl'))
    const facts = { unreadable: [], unreadableCount: 0, secrets: { masked: 0, found: 0 }, version: '0', now: '2026-11-21T09:41:00.000Z' }
    const summary = summaryOf({ run, state: fold(overview, entries), alive: false, ...facts } as SummaryFacts)
    expect(summary.status).toBe('stuck')
    expect(summary.problems).toEqual([
      {
        kind: 'counterexample',
        who: 'mergeGate',
        message: expect.stringMatching(/^property 'terminates\("2h"\)' broken: mergeGate/),
        seq: 1,
      },
    ])
  })

  test('refutes nothing any more once what the program does now is accepted', async () => {
    const home = makeHome()
    vi.stubEnv('RAMURE_HOME', home.root)
    const says = (text: string) =>
      agentProcess('says', async () => {
        emit('said', text)
        return text
      })
    const failed = await property(says('one'), [])
      .check((run) => run.result !== 'one')
      .catch((error: unknown) => error)
    const old = (failed as PropertyFailed).counterexample.kept ?? ''
    const { run } = await acceptReplay(says('two'), old)
    const header = async (id: string) => (await readRecording(join(home.logs, id, 'events.jsonl'))).first('run_started')?.data
    expect(await header(old)).toHaveProperty('counterexample')
    expect(await header(run ?? '')).not.toHaveProperty('counterexample')
  })
})
