/** A run that ends while something nobody awaits still waits; or one whose own mistake nobody awaits. */
import { agentProcess, sleep, spawn, step, wait } from '../../../src/index.ts'

const ours = agentProcess('ours', async () => {
  void sleep(60_000).then(() => 'watchdog')
  void (async () => {
    await step('endless', () => new Promise(() => {}))
  })()
  void spawn(agentProcess('child', () => wait())).result.then(() => 'never')
  await sleep(1)
  return 'fine'
})
const mistake = agentProcess('mistake', async () => {
  void Promise.reject(new Error('a mistake that nobody awaits'))
  await sleep(50)
  return 'not reached'
})

console.log(await (process.argv[2] === 'mistake' ? mistake() : ours()))
