/**
 * An agent that answers nothing itself: it has the endpoints of two child processes as its tools, and behind each of
 * them sits an expert with a context of its own.
 *
 *     node examples/dispatcher.ts 'Users are logged out after five minutes. Where does that come from?'
 */
import { agent, agentProcess, done, emit, expose, spawn, wait } from 'ramure'

const FIELDS = ['frontend', 'backend']

const DISPATCHER = `You answer questions about a project by asking its experts: "frontend_ask" and "backend_ask". Split the
question, ask whoever can know, ask again when an answer is vague. Then call "reply" with one answer for the person who asked.`

const EXPERT = (field: string) => `You are the expert for the ${field} of the project in the current folder. Each message is one
question. Look it up, then call the tool "answer" with what you found and where. Answer questions in the order they came.`

const QUESTION = { type: 'object', properties: { question: { type: 'string' } }, required: ['question'] }
const TEXT = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] }

const expertFor = agentProcess('expert', async (field: string) => {
  const expert = await agent(`${field}-expert`, { systemPrompt: EXPERT(field) })
  const askers: ((answer: string) => void)[] = []
  let questions = 0

  expert.on('answer', { description: 'Answer the oldest open question.', input: TEXT }, async ({ text }: { text: string }) => {
    askers.shift()?.(text)
    return 'Passed on.'
  })
  expose('ask', { description: `Ask the expert for the ${field}.`, input: QUESTION }, async ({ question }: { question: string }) => {
    questions += 1
    const { promise, resolve } = Promise.withResolvers<string>()
    askers.push(resolve)
    await expert.send(question)
    return promise
  })
  expose('questions', { description: 'How many questions it was asked.' }, () => questions)

  emit('ready')
  return wait<never>()
})

export const dispatcher = agentProcess(
  'dispatcher',
  async (question: string) => {
    const front = await agent('dispatcher', { systemPrompt: DISPATCHER })
    const experts = FIELDS.map((field) => ({ field, handle: spawn(expertFor, field) }))
    for (const { field, handle } of experts) {
      // An endpoint can be attached once it is there.
      await handle.events.listenFor('ready', { replay: true })
      handle.attach(front, { only: ['ask'], prefix: `${field}_` })
    }
    front.on('reply', { description: 'The answer for the person who asked.', input: TEXT }, async ({ text }: { text: string }) => {
      done(text)
      return 'Sent.'
    })

    await front.send(question)
    const reply = await wait<string>()
    const asked = await Promise.all(experts.map(async ({ field, handle }) => [field, await handle.call('questions')]))
    return { reply, asked: Object.fromEntries(asked) }
  },
  { timeoutMs: 30 * 60_000 },
)

if (import.meta.main) console.log(await dispatcher(process.argv[2] ?? 'What is this project, and how do its two halves talk?'))
