import { describe, expect, test } from 'vitest'
import { watchedSurvey } from '../../examples/spawn-and-observe.ts'
import { dreamer, sleeper } from './agents/spawn-and-observe.ts'
import { again, IDENTICAL, ofType, play } from './play.ts'

describe('spawn-and-observe', () => {
  test('reminds an agent that is silent and ends with its report', async () => {
    const { outcome, entries } = await play(watchedSurvey, ['src', 400], dreamer)
    expect(outcome).toEqual({ status: 'fulfilled', value: 'all is well' })
    expect(
      ofType(entries, 'message')
        .map(({ data }) => data.text)
        .slice(0, 2),
    ).toEqual(['Survey the folder src.', 'How far are you? Call "progress", or "finish" when you are done.'])
  })

  test('passes the progress of the child on as its own event, tagged with where it came from', async () => {
    const { entries } = await play(watchedSurvey, ['src', 400], dreamer)
    const progress = { percent: 50, note: 'half of it' }
    const heard = ofType(entries, 'emit').filter(({ data }) => data.event === 'progress')
    expect(heard.map(({ data }) => data.data)).toEqual([progress, progress])
    expect(heard.map(({ scope, source }) => [scope.split('/')[2], source])).toEqual([
      ['survey#0', undefined],
      [undefined, 'survey'],
    ])
  })

  test('gives up an agent that stays silent after two reminders', async () => {
    const { outcome, entries } = await play(watchedSurvey, ['src', 30], sleeper)
    expect(outcome).toMatchObject({ reason: { name: 'ExecutionCancelled', reason: 'silent after 2 reminders' } })
    expect(ofType(entries, 'process_cancelled').map(({ data }) => data.reason)).toEqual(['silent after 2 reminders'])
    expect(await again(watchedSurvey, entries)).toEqual(IDENTICAL)
  })

  test('reruns identically', async () => {
    const { entries } = await play(watchedSurvey, ['src', 400], dreamer)
    expect(await again(watchedSurvey, entries)).toEqual(IDENTICAL)
  })
})
