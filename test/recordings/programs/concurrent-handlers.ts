/** One agent calls the same tool eight times at once; the handlers sleep, draw lots and run commands beside each other. */
import { agent, agentProcess, done, scripted, sleep, step, wait } from 'ramure'

const JOBS = 8
const JOB = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] }

const eager = scripted(async (me) => {
  await me.next()
  await Promise.allSettled(Array.from({ length: JOBS }, (_, n) => me.call('job', { n })))
})

export const concurrentHandlers = agentProcess('concurrentHandlers', async () => {
  const worker = await agent('worker', { driver: eager })
  const finished: number[] = []
  worker.on('job', { input: JOB }, async ({ n }: { n: number }) => {
    await sleep(1 + Math.floor(Math.random() * 20))
    const square = await step('square', () => n * n)
    const { stdout } = await worker.exec(`echo ${square}`)
    if (n === 3) throw new Error('three is refused')
    if (finished.push(n) === JOBS - 1) done(finished)
    return { square, stdout: stdout.trim(), at: Date.now() }
  })
  await worker.send('go')
  return wait<readonly number[]>()
})

if (import.meta.main) console.log(await concurrentHandlers())
