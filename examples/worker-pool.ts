/**
 * Tasks shared among a few workers, each a child process with an agent that keeps its context from task to task.
 *
 *     node examples/worker-pool.ts 'What does src/log do?' 'What does src/wire do?' 'What does src/replay do?'
 */
import { randomUUID } from 'node:crypto'
import { agent, agentProcess, branch, emit, spawn, wait } from 'ramure'

const WORKER = `You are one of several workers in the current folder. Each message is one task. Do it, then call the tool
"finish" with the answer, and wait for the next message.`

const ANSWER = { type: 'object', properties: { answer: { type: 'string' } }, required: ['answer'] }

interface Answered {
  readonly task: string
  readonly answer: string
}

const worker = agentProcess('worker', async () => {
  // Random in every run, and the same again when this run is replayed.
  const name = `worker-${randomUUID().slice(0, 8)}`
  const self = await agent(name, { systemPrompt: WORKER })
  self.on('finish', { description: 'Hand in the answer to your task.', input: ANSWER }, async ({ answer }: { answer: string }) => {
    emit('finished', { name, answer })
    return 'Noted. Wait for the next task.'
  })
  emit('ready', { name })
  return wait<never>()
})

export const workerPool = agentProcess('workerPool', async (tasks: readonly string[], size: number = 2) => {
  const waiting = [...tasks]
  const answered: Answered[] = []
  const lanes = Array.from({ length: Math.min(size, tasks.length) }, (_, index) => `lane${index + 1}`)
  // A named branch per worker: what each of them did can be told apart in the log.
  await Promise.all(lanes.map((lane) => branch(lane, () => workOff(waiting, answered))))
  return answered
})

/** Keeps one worker busy until no task is left. */
async function workOff(waiting: string[], answered: Answered[]): Promise<void> {
  const handle = spawn(worker)
  let task: string | undefined
  for await (const { type, data } of handle.events) {
    if (type === 'failed') throw new Error(`A worker was lost: ${String(data)}`)
    const { name, answer } = data as { name: string; answer: string }
    if (type === 'finished' && task !== undefined) answered.push({ task, answer })
    task = waiting.shift()
    if (task === undefined) break
    await handle.agents[name]?.send(task)
  }
  await handle.cancel('no task is left')
}

if (import.meta.main) console.log(await workerPool(process.argv.slice(2)))
