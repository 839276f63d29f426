/**
 * A run that takes orders while it runs: its endpoints are what `ramure call` reaches.
 *
 *     node examples/task-desk.ts
 *     ramure call add_task spec='write a test for the parser' priority=2
 *     ramure call tasks
 *     ramure call close
 */
import { agent, agentProcess, done, expose, wait } from 'ramure'

const WORKER = `You work on the project in the current folder. Each message is one task. Do it, then call the tool "finish" with
one sentence about what you did, and wait for the next message.`

const TASK = {
  type: 'object',
  properties: { spec: { type: 'string' }, priority: { type: 'integer', default: 0, description: 'Higher ones go first.' } },
  required: ['spec'],
}
const SUMMARY = { type: 'object', properties: { summary: { type: 'string' } }, required: ['summary'] }

interface Order {
  readonly spec: string
  readonly priority: number
}

interface Task extends Order {
  readonly id: number
  state: 'waiting' | 'working' | 'finished'
  summary: string | null
}

export const taskDesk = agentProcess('taskDesk', async () => {
  const worker = await agent('worker', { systemPrompt: WORKER })
  const tasks: Task[] = []
  const current = () => tasks.find(({ state }) => state === 'working')
  const workOnNext = async () => {
    const next = tasks.filter(({ state }) => state === 'waiting').sort((a, b) => b.priority - a.priority)[0]
    if (!next || current()) return
    next.state = 'working'
    await worker.send(next.spec)
  }

  worker.on('finish', { description: 'Say that the task is done.', input: SUMMARY }, async ({ summary }: { summary: string }) => {
    const task = current()
    if (!task) return 'You have no task. Wait for the next message.'
    Object.assign(task, { state: 'finished', summary })
    await workOnNext()
    return 'Noted. Wait for the next task.'
  })

  expose('add_task', { description: 'Puts a task on the desk.', input: TASK }, async ({ spec, priority }: Order) => {
    const id = tasks.push({ id: tasks.length + 1, spec, priority, state: 'waiting', summary: null })
    await workOnNext()
    return { id }
  })
  expose('tasks', { description: 'Every task and what became of it.' }, () => tasks)
  expose('close', { description: 'Ends the run; its result are the tasks as they are now.' }, () => {
    done(tasks)
    return `Closed with ${tasks.length} tasks.`
  })

  return wait<readonly Task[]>()
})

if (import.meta.main) console.table(await taskDesk())
