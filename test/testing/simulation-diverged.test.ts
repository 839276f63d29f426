import '../fixtures/kept-before.ts'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { type AgentProcess, agentProcess, emit, sleep } from 'ramure'
import { SimulationDiverged, simulate } from 'ramure/testing'
import { describe, expect, test } from 'vitest'
import { kept } from '../fixtures/kept-before.ts'

// Captured before ramure was loaded, as a module might do that comes first.
const { random, now } = kept
let counter = 0

const leaky: Record<string, AgentProcess<[], unknown>> = {
  'dice captured before the run': agentProcess('dice', async () => void emit('rolled', random())),
  'a clock captured before the run': agentProcess('clock', async () => {
    await sleep(1)
    const ms = now() + random()
    emit('now', { ms, and: random() })
  }),
  'a counter outside of the process': agentProcess('counter', async () => void emit('counted', (counter += 1))),
  'a branch that a counter decides': agentProcess('branch', async () => void emit((counter += 1) % 2 === 0 ? 'even' : 'odd')),
}

describe('the replay that follows every simulation', () => {
  test.for(Object.entries(leaky))('finds %s', async ([, process]) => {
    const error = await rejection(simulate(process, []))
    expect(error.code).toBe('ERR_SIMULATION_DIVERGED')
    expect(error.verdict).toMatchObject({ verdict: 'diverged' })
    expect(error.message).toMatch(/recorded.*[^]*now/)
    expect(error.message).toContain('simulation-diverged.test.ts:')
    expect(error.simulated.outcome).toBe('completed')
  })

  test('names both sides of a value that changed', async () => {
    counter = 40
    const { message } = await rejection(simulate(leaky['a counter outside of the process'] as AgentProcess<[], unknown>, []))
    expect(message).toContain('A replay of the simulation with seed 0 came out differently: changed in /counter#0 at entry 3.')
    expect(message).toMatch(/emit data: recorded 41, now 4[2-9] at .*simulation-diverged\.test\.ts:20$/m)
  })

  test.for([
    ['read at once', agentProcess('reads', async () => readFileSync(import.meta.filename).length)],
    ['awaited', agentProcess('reads', async () => (await readFile(import.meta.filename)).length)],
  ] as const)('finds a file that is %s, and names the line', async ([, process]) => {
    const { verdict, simulated, message } = await rejection(simulate(process, []))
    expect(simulated).toMatchObject({ outcome: 'completed', result: readFileSync(import.meta.filename).length })
    expect(verdict.divergences[0]?.class).toBe('leak')
    expect(message).toContain('simulation-diverged.test.ts')
  })

  test('is left out on request', async () => {
    const run = await simulate(leaky['dice captured before the run'] as AgentProcess<[], unknown>, [], { replay: false })
    expect(run).toMatchObject({ outcome: 'completed', replay: null })
  })
})

async function rejection(simulated: Promise<unknown>): Promise<SimulationDiverged> {
  try {
    await simulated
  } catch (error) {
    if (error instanceof SimulationDiverged) return error
    throw error
  }
  throw new Error('The simulation did not diverge.')
}
