import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { untilItSucceeds } from '../../examples/observe-and-retry.ts'
import { boaster, repairers } from './agents/observe-and-retry.ts'
import { again, IDENTICAL, ofType, play, tempFolder } from './play.ts'

describe('observe-and-retry', () => {
  test('tries again after an agent gave up and after one crashed, and tells each what happened before', async () => {
    const file = join(tempFolder(), 'repaired')
    const { outcome, entries } = await play(untilItSucceeds, [`cat ${file}`], repairers(file))
    expect(outcome).toEqual({ status: 'fulfilled', value: { attempt: 3, output: 'repaired' } })
    expect(ofType(entries, 'message').map(({ data }) => data.text.split('The last attempt: ')[1])).toEqual([
      'none, you are the first',
      'the manual is missing',
      "agent 'repairer-2' disconnected",
    ])
    expect(ofType(entries, 'agent_exited').map(({ data }) => `${data.cause} ${data.code}`)).toEqual([
      'shutdown 0',
      'exited 3',
      'shutdown 0',
    ])
    expect(await again(untilItSucceeds, entries)).toEqual(IDENTICAL)
  })

  test('believes the command, not the agent, and fails after three attempts', async () => {
    const { outcome, entries } = await play(untilItSucceeds, ['echo still broken; exit 7'], boaster)
    expect(outcome).toMatchObject({ reason: { message: '3 attempts failed, the last one with: exit code 7: still broken\n' } })
    expect(ofType(entries, 'exec_result')).toHaveLength(3)
    expect(ofType(entries, 'emit').map(({ data }) => data.event)).toEqual(['attempt_failed', 'attempt_failed', 'attempt_failed'])
    expect(await again(untilItSucceeds, entries)).toEqual(IDENTICAL)
  })
})
