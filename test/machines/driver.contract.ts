import { expect, test } from 'vitest'
import type { AgentDriver, LaunchSpec } from '../../src/machines/driver.ts'

export interface DriverUnderTest {
  readonly driver: AgentDriver
  spec(agent: string, changes?: Partial<LaunchSpec>): Promise<LaunchSpec>
  /** Resolves when the agent has sent its `register`. */
  registered(agent: string): Promise<unknown>
}

/** What holds for every driver, whatever its agents are. */
export function driverContract(open: () => DriverUnderTest): void {
  test('an agent registers after its launch, and has not ended before it is stopped', async () => {
    const { driver, spec, registered } = open()
    const agent = await driver.launch(await spec('contract-a'))
    let hasEnded = false
    void agent.exited.then(() => (hasEnded = true))
    await registered('contract-a')
    expect(hasEnded).toBe(false)
    const exit = await agent.stop()
    expect(exit).toEqual({ code: exit.code, signal: exit.signal, lastWords: expect.any(String) })
    expect(await agent.exited).toBe(exit)
    expect(await agent.stop()).toBe(exit)
  })

  test('stopping one agent leaves the others, and the same name can be launched again', async () => {
    const { driver, spec, registered } = open()
    const [one, two] = await Promise.all([driver.launch(await spec('contract-b')), driver.launch(await spec('contract-c'))])
    await Promise.all([registered('contract-b'), registered('contract-c')])
    await one.stop()
    expect(await Promise.race([two.exited.then(() => 'ended'), Promise.resolve('runs')])).toBe('runs')
    const again = await driver.launch(await spec('contract-b'))
    await Promise.all([again.stop(), two.stop()])
  })

  test('a launch that is no longer wanted is refused', async () => {
    const { driver, spec } = open()
    await expect(driver.launch(await spec('contract-d', { signal: AbortSignal.abort() }))).rejects.toThrow()
  })
}
