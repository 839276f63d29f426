import { expect, test } from 'vitest'
import { type Inbox, type Message, openInbox } from '../../extension/inbox.ts'
import type { PiApi, PiContext } from '../../extension/pi-api.ts'

/** pi as it treats messages: an idle one starts a run later and loses whatever comes until then. */
function setUp() {
  const given: string[] = []
  const applied: number[] = []
  const lost: number[] = []
  let [idle, now] = [true, 0]
  const pi = { sendUserMessage: (text: string) => void given.push(text) } as unknown as PiApi
  const context = { isIdle: () => idle } as PiContext
  const inbox: Inbox = openInbox({
    pi,
    context: () => context,
    applied: ({ aseq }) => applied.push(aseq),
    lost: (messages) => lost.push(...messages.map(({ aseq }) => aseq)),
    now: () => now,
  })
  const message = (aseq: number, delivery: Message['delivery'] = 'steer'): void => inbox.push({ aseq, text: `m${aseq}`, delivery })
  const show = (text: string): void => inbox.messageStarted({ role: 'user', content: [{ type: 'text', text }] })
  return {
    given,
    applied,
    lost,
    inbox,
    message,
    show,
    context,
    becomes: (state: 'idle' | 'busy') => void (idle = state === 'idle'),
    passes: (ms: number) => void (now += ms),
  }
}

test('while a batch is under way nothing else is given, and then everything that waits at once', () => {
  const { given, applied, inbox, message, show, becomes } = setUp()
  for (const aseq of [1, 2, 3]) message(aseq)
  expect(given).toEqual(['m1'])
  show('m1')
  becomes('busy')
  expect(applied).toEqual([1])
  becomes('idle')
  inbox.settled()
  expect(given).toEqual(['m1', 'm2\n\nm3'])
  show('m2\n\nm3')
  expect(applied).toEqual([1, 2, 3])
})

test('a busy agent is given its messages at the end of the turn, unless the run is being given up', () => {
  const { given, inbox, message, context, becomes } = setUp()
  becomes('busy')
  message(1)
  inbox.turnEnded({ message: { stopReason: 'error' } }, context)
  inbox.turnEnded({}, { ...context, signal: AbortSignal.abort() })
  expect(given).toEqual([])
  inbox.turnEnded({ message: { stopReason: 'toolUse' } }, context)
  expect(given).toEqual(['m1'])
})

test('a message that follows up waits for the end of the run and holds back those behind it', () => {
  const { given, inbox, message, show, context, becomes } = setUp()
  becomes('busy')
  message(1)
  message(2, 'follow_up')
  message(3)
  inbox.turnEnded({}, context)
  show('m1')
  inbox.turnEnded({}, context)
  expect(given).toEqual(['m1'])
  becomes('idle')
  inbox.settled()
  expect(given).toEqual(['m1', 'm2\n\nm3'])
})

test('a batch that pi dropped is given again, neither too early nor for ever', () => {
  const { given, applied, lost, inbox, message, show, passes } = setUp()
  message(1)
  passes(1000)
  inbox.settled()
  expect(given).toHaveLength(1)
  for (let turn = 0; turn < 20; turn += 1) {
    passes(1000)
    inbox.settled()
  }
  expect(given).toHaveLength(5)
  expect(lost).toEqual([1])
  show('something else')
  expect(applied).toEqual([])
  message(2)
  show('m2')
  expect(applied).toEqual([2])
})
