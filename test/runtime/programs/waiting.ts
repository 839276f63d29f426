/** Runs that wait for ever, until a signal comes. Says which ones when they are ready. */
import { agent, agentProcess, currentRun, machine, scripted, sleep, wait } from '../../../src/index.ts'

const main = agentProcess('main', async () => {
  await agent('worker', { driver: scripted(() => {}) })
  const box = await machine()
  void box.exec('sleep 60')
  void sleep(60_000).then(() => {})
  await sleep(1)
  console.log(currentRun().id)
  return wait()
})

const ends = await Promise.allSettled(Array.from({ length: Number(process.argv[2] ?? 1) }, () => main()))
console.log(ends.map((end) => (end.status === 'rejected' ? (end.reason as { code: string }).code : 'resolved')).join(' '))
