/** Twenty agents that are started together, asked together, and report one after the other. */
import { agent, agentProcess, bubble, emit, scripted, spawn } from 'ramure'

const REPORT = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] }

const reporter = scripted(async (me) => {
  const { text } = await me.next()
  await me.call('report', { text: `${me.name} heard "${text}"` })
})

const desk = agentProcess('desk', async (nth: number) => {
  const member = await agent(`member-${nth}`, { driver: reporter })
  const reported = Promise.withResolvers<string>()
  member.on('report', { input: REPORT }, ({ text }: { text: string }) => {
    emit('reported', { nth, text })
    reported.resolve(text)
    return 'Thank you.'
  })
  await member.send(`question ${nth}`)
  return reported.promise
})

export const twentyAgents = agentProcess('twentyAgents', async () => {
  const desks = Array.from({ length: 20 }, (_, nth) => spawn(desk, nth))
  for (const each of desks) bubble(each)
  return Promise.all(desks.map((each) => each.result))
})

if (import.meta.main) console.log(await twentyAgents())
