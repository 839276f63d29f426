import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { sequence, type WireEntry } from '../../extension/sequence.ts'

const entry = (seq: number, type: string, data: object = {}): WireEntry => ({ seq, type, data: data as WireEntry['data'] })
const seqs = (entries: readonly WireEntry[]): number[] => entries.map(({ seq }) => seq)

test('of the history only messages that nobody applied take effect; what follows the own register all does', () => {
  const order = sequence('me')
  const history = [
    entry(1, 'register', { boot: 'other' }),
    entry(2, 'registered'),
    entry(3, 'message'),
    entry(4, 'message_applied', { aseq: 3 }),
    entry(5, 'tool_result'),
    entry(6, 'message'),
    entry(7, 'shutdown'),
    entry(8, 'register', { boot: 'me' }),
  ]
  const steps = history.map((each) => order.take(each))
  expect(steps.map(({ apply }) => seqs(apply))).toEqual([[], [], [], [], [], [], [], [6]])
  expect(order.cursor()).toBe(8)
  expect(seqs(order.take(entry(9, 'registered')).apply)).toEqual([9])
})

test('a server that leaves out what is done is asked once more, and then believed', () => {
  const order = sequence('me')
  expect(order.take(entry(7, 'message'))).toEqual({ apply: [], sync: false })
  expect(order.take(entry(9, 'register', { boot: 'me' }))).toEqual({ apply: [], sync: true })
  order.take(entry(7, 'message'))
  const last = order.take(entry(9, 'register', { boot: 'me' }))
  expect([seqs(last.apply), last.sync, order.cursor()]).toEqual([[7], false, 9])
})

test('what was sent live before the answer to the first sync is not lost', () => {
  const order = sequence('me')
  const live = [entry(2, 'message'), entry(3, 'register', { boot: 'me' }), entry(4, 'registered')]
  expect(live.map((each) => order.take(each).apply.length)).toEqual([0, 0, 0])
  const answer = [entry(1, 'message'), ...live].map((each) => seqs(order.take(each).apply))
  expect(answer).toEqual([[1, 2, 4], [], [], []])
})

test('a gap is asked for once, and nothing behind it takes effect before it is filled', () => {
  const order = sequence('me')
  order.take(entry(1, 'register', { boot: 'me' }))
  expect(order.take(entry(3, 'message'))).toEqual({ apply: [], sync: true })
  expect(order.take(entry(4, 'message'))).toEqual({ apply: [], sync: false })
  expect([2, 3, 4].flatMap((seq) => seqs(order.take(entry(seq, 'message')).apply))).toEqual([2, 3, 4])
  expect(order.take(entry(9, 'message')).sync).toBe(true)
  order.restart()
  expect(order.take(entry(9, 'message')).sync).toBe(true)
})

/** A server as it may behave: breaks off, sends a live entry before its answer, and, when history is over, even skips. */
property.prop([fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 60 }), fc.nat({ max: 12 }), fc.nat({ max: 12 })])(
  'whatever is lost, repeated or sent too early, each entry takes effect once and in order',
  (choices, before, after) => {
    const log = [
      ...Array.from({ length: before }, (_, index) => entry(index + 1, index % 3 === 0 ? 'message' : 'turn_start')),
      entry(before + 1, 'register', { boot: 'me' }),
      ...Array.from({ length: after }, (_, index) => entry(before + 2 + index, 'message')),
    ]
    const order = sequence('me')
    const applied: number[] = []
    let pending: WireEntry[] = [...log]
    let early = false
    const sync = (): void => void (pending = log.slice(order.cursor()))
    const give = (each: WireEntry | undefined): void => {
      if (!each) return
      const step = order.take(each)
      applied.push(...seqs(step.apply))
      if (step.sync) sync()
    }
    for (const choice of choices) {
      if (choice === 0) {
        order.restart()
        sync()
        early = false
      } else if (choice === 1 && order.cursor() > 0) pending.shift()
      else if (choice === 2 && !early) {
        early = true
        give(log.at(-1))
      } else give(pending.shift())
    }
    order.restart()
    sync()
    for (let turn = 0; turn < 200 && pending.length > 0; turn += 1) give(pending.shift())
    const expected = log.filter(({ seq, type }) => (seq <= before ? type === 'message' : seq > before + 1))
    expect(applied).toEqual(seqs(expected))
  },
)
