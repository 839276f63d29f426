import { describe, expect, test } from 'vitest'
import { runLog } from '../../src/log/append.ts'
import type { Draft, Entry } from '../../src/log/events.ts'
import { memoryStore } from '../../src/log/memory.ts'
import { redactor } from '../../src/log/redact.ts'
import { liveControl } from '../../src/runtime/live-control.ts'
import type { Run } from '../../src/runtime/run.ts'

const RUN = 'brisk-otter-4q7m2xk9'
const FOR_EVER_MS = 60_000

/** A control host whose run moves only when it is told to; `written` is what its log says. */
function scene({ confirmMs = FOR_EVER_MS, state = 'registered' } = {}) {
  const store = memoryStore()
  const log = runLog({ store, run: RUN, writer: store.create(RUN), clock: () => 0, redact: redactor({}) })
  const inbox: Draft[] = []
  // The cast: of a run, `send` looks at its agents only.
  const run = { agents: new Map([['worker', { state }]]) } as unknown as Run
  const control = liveControl({ run, log, push: (draft) => inbox.push(draft), tmuxSession: () => null, confirmMs })
  let seq = 0
  const written = (entry: object): number => {
    seq += 1
    control.written({ seq, ...entry } as Entry)
    return seq
  }
  return {
    control,
    inbox,
    sent: control.send('worker', 'hi', 'external:cli'),
    /** The dispatcher takes the oldest input. */
    taken: () => written({ ...inbox.shift() }),
    message: (cause: number, aseq: number, agent = 'worker') => written({ type: 'message', agent, aseq, cause }),
    applied: (aseq: number) => written({ type: 'message_applied', agent: 'worker', data: { aseq } }),
  }
}

describe('a message to an agent is', () => {
  test('delivered when the agent says so', async () => {
    const { sent, taken, message, applied } = scene()
    message(taken(), 7)
    applied(7)
    expect(await sent).toBe('delivered')
  })

  test('not delivered by what the agent says about another message', async () => {
    const { sent, taken, message, applied, control } = scene()
    const asked = taken()
    message(asked, 7)
    message(asked + 1, 8)
    applied(8)
    control.close()
    expect(await sent).toBe('unconfirmed')
  })

  test('unconfirmed while the run is too busy to take it: it goes out when its turn comes', async () => {
    const { sent, inbox } = scene({ confirmMs: 1 })
    expect(await sent).toBe('unconfirmed')
    expect(inbox).toMatchObject([{ type: 'cli_send', data: { agent: 'worker', text: 'hi' } }])
  })

  test('unconfirmed when it went out and the agent has not said that it has it', async () => {
    const { sent, taken, message } = scene({ confirmMs: 1 })
    message(taken(), 7)
    expect(await sent).toBe('unconfirmed')
  })

  test.for([['shutdown'], ['exited']])('failed at once when the agent is in state %s', async ([state]) => {
    const { sent, taken } = scene({ state: state as string })
    taken()
    expect(await sent).toBe('failed')
  })

  test('failed when the run ends before it went out', async () => {
    const { sent, control } = scene()
    control.close()
    expect(await sent).toBe('failed')
  })
})
