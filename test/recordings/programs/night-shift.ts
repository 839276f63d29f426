/** Works through the night and is killed in the middle of it: an agent, a child and two questions are left without an answer. */
import { agent, agentProcess, scripted, sleep, spawn, step, wait } from 'ramure'

const ROUND = { type: 'object', properties: { floor: { type: 'number' } }, required: ['floor'] }

const watchman = scripted(async (me) => {
  await me.next()
  await me.call('round', { floor: 1 })
  await me.call('round', { floor: 2 }).catch(() => {})
})

const lamp = agentProcess('lamp', async () => sleep(60_000))

export const nightShift = agentProcess('nightShift', async () => {
  const guard = await agent('guard', { driver: watchman })
  guard.on('round', { input: ROUND }, async ({ floor }: { floor: number }) => {
    await step('unlock', () => floor)
    // Whoever records this kills it when it reads that line.
    if (floor === 2) await step('call', () => new Promise(() => console.log('half way')))
    return 'all quiet'
  })
  spawn(lamp)
  await guard.send('Make your rounds.')
  return wait()
})

if (import.meta.main) await nightShift()
