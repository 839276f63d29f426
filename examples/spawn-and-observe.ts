/**
 * Starts an agent in the background and keeps an eye on it: passes its progress on, asks when it falls silent, and gives
 * it up when it stays so.
 *
 *     node examples/spawn-and-observe.ts src
 */
import { agent, agentProcess, bubble, done, emit, spawn, wait } from 'ramure'

const REMINDERS_MAX = 2

const SURVEYOR = `You survey a folder of source code: what is in it, what depends on what, what looks wrong. Change nothing.
Call "progress" after every few files, so that people see how far you are. At the end call "finish" with a report of ten lines.`

const PROGRESS = {
  type: 'object',
  properties: { percent: { type: 'integer', minimum: 0, maximum: 100 }, note: { type: 'string' } },
  required: ['percent', 'note'],
}
const REPORT = { type: 'object', properties: { report: { type: 'string' } }, required: ['report'] }

const survey = agentProcess('survey', async (folder: string) => {
  const surveyor = await agent('surveyor', { systemPrompt: SURVEYOR })
  surveyor.on('progress', { description: 'Say how far you are.', input: PROGRESS }, async (progress) => {
    emit('progress', progress)
    return 'Go on.'
  })
  surveyor.on('finish', { description: 'Hand in the report.', input: REPORT }, async ({ report }: { report: string }) => {
    done(report)
    return 'Thank you.'
  })
  await surveyor.send(`Survey the folder ${folder}.`)
  return wait<string>()
})

export const watchedSurvey = agentProcess('watchedSurvey', async (folder: string, silentMs: number = 2 * 60_000) => {
  const child = spawn(survey, folder)
  // From here on the progress of the child is also an event of this process: whoever watches this one sees both.
  bubble(child, { source: 'survey' })
  let reminders = 0
  while (!child.events.closed) {
    const event = await child.events.listenFor(undefined, { timeoutMs: silentMs })
    if (event !== null) reminders = 0
    else if (reminders === REMINDERS_MAX) await child.cancel(`silent after ${reminders} reminders`)
    else {
      reminders += 1
      emit('reminded', { reminders })
      await child.agents['surveyor']?.send('How far are you? Call "progress", or "finish" when you are done.')
    }
  }
  return child.result
})

if (import.meta.main) console.log(await watchedSurvey(process.argv[2] ?? '.'))
