import { expect, test } from 'vitest'
import { runLog } from '../../src/log/append.ts'
import type { Draft, Entry } from '../../src/log/events.ts'
import { memoryStore } from '../../src/log/memory.ts'
import { redactor } from '../../src/log/redact.ts'
import { liveHost } from '../../src/runtime/live-host.ts'
import type { ConnectionRef } from '../../src/wire/host.ts'

const RUN = 'brisk-otter-4q7m2xk9'
const ignore = () => {}

test('an agent that catches up gets what has left, and not yet what is only written', async () => {
  const store = memoryStore()
  const log = runLog({ store, run: RUN, writer: store.create(RUN), clock: () => 0, redact: redactor({}) })
  const host = liveHost({ run: RUN, store, push: ignore, note: ignore, token: () => null, registered: ignore, lost: ignore })
  const own = { by: 'program', scope: '/main#0', agent: 'worker' } as const
  const drafts: Draft[] = [
    { ...own, aseq: 1, type: 'agent_created', data: { machine: 'm', system_prompt: false, model: null, driver: 'external' } },
    { ...own, aseq: 2, type: 'message', data: { text: 'one', delivery: 'steer' } },
    { ...own, aseq: 3, type: 'message', data: { text: 'two', delivery: 'steer' } },
  ]
  const entries = drafts.map((draft) => log.append(draft))
  log.flush()
  const caughtUp = async () => (await Array.fromAsync(host.entriesAfter('worker', 0, null))).map(({ aseq }) => aseq)
  // As with durability 'disk': the third is in the file, and the disk does not have it yet.
  for (const entry of entries.slice(0, 2)) host.written(entry)
  expect(await caughtUp()).toEqual([1, 2])
  for (const entry of entries.slice(2)) host.written(entry)
  expect(await caughtUp()).toEqual([1, 2, 3])
  await log.close()
})

/** A host of entries that were written, with one agent after another of one name. */
function hostOf() {
  const store = memoryStore()
  const log = runLog({ store, run: RUN, writer: store.create(RUN), clock: () => 0, redact: redactor({}) })
  const heard: Draft[] = []
  const host = liveHost({
    run: RUN,
    store,
    push: (draft) => void heard.push(draft),
    note: ignore,
    token: () => null,
    registered: ignore,
    lost: ignore,
  })
  let aseq = 0
  const say = (agent: string, type: Entry['type'], data: object): Entry => {
    aseq += 1
    const entry = log.append({ by: 'program', scope: '/main#0', agent, aseq, type, data } as unknown as Draft)
    log.flush()
    return host.written(entry)
  }
  const live = (agent: string, texts: readonly string[], ends: readonly ('shutdown' | 'agent_exited')[] = []): void => {
    say(agent, 'agent_created', { machine: 'm', system_prompt: false, model: null, driver: 'external' })
    for (const text of texts) say(agent, 'message', { text, delivery: 'steer' })
    for (const end of ends) say(agent, end, {})
  }
  const texts = async (after: number, boot: string | null, connection?: ConnectionRef) => {
    const entries = await Array.fromAsync(host.entriesAfter('worker', after, boot, connection))
    return entries.filter((entry) => entry.type === 'message').map((entry) => (entry.data as { text: string }).text)
  }
  return { host, heard, live, texts, say }
}

const viewer = (id: number): ConnectionRef => ({ id, registered: false, boot: null })

test.each([['shutdown', 'agent_exited'] as const, ['agent_exited', 'shutdown'] as const])(
  'of an agent that had its %s and its %s nothing is kept, and what it still says is not heard',
  (...ends) => {
    const { host, heard, live } = hostOf()
    for (let n = 0; n < 2_000; n += 1) live(`agent-${n}`, ['hello'], n === 7 ? ends.slice(0, 1) : ends)
    expect(host.streamCount()).toBe(1)
    host.receive('agent-8', { type: 'note', data: {} }, viewer(1))
    expect(heard).toEqual([])
    host.receive('agent-7', { type: 'note', data: {} }, viewer(2))
    expect(heard).toHaveLength(1)
  },
)

test('who looks on at an agent reads its stream to the end, and not into the one of the next agent of its name', async () => {
  const { host, live, texts } = hostOf()
  live('worker', ['one', 'two'], ['shutdown'])
  const looking = viewer(1)
  host.joined?.('worker', looking)
  live('other', ['not its own'])
  live('worker', ['next'])
  expect(await texts(0, null, looking)).toEqual(['one', 'two'])
})

test('an agent that gets the name of a former one has a stream of its own, with and without a boot, over many marks', async () => {
  const { host, heard, live, say, texts } = hostOf()
  const many = (name: string, count: number) => Array.from({ length: count }, (_, n) => `${name} ${n}`)
  live('worker', many('former', 701), ['shutdown', 'agent_exited'])
  live('worker', many('next', 700))
  const own = viewer(2)
  host.joined?.('worker', own)
  expect(await texts(0, null, own)).toEqual(many('next', 700))
  expect(await texts(300, null, own)).toEqual(many('next', 700).slice(299))
  expect(await texts(0, 'a new boot', own)).toEqual(many('next', 700))
  // The entry that created it, and 600 messages.
  for (const count of [0, 1, 255, 256, 257, 600]) expect(await texts(1 + count, null, own)).toEqual(many('next', 700).slice(count))
  // What it counts as 2 is not what the log does.
  host.receive('worker', { type: 'message_applied', data: { aseq: 2 } }, own)
  const applied = heard.at(-1)?.data as { aseq: number }
  expect(applied.aseq).toBe(706)
  expect(say('worker', 'message_applied', applied)).toMatchObject({ aseq: 702, data: { aseq: 2 } })
  expect(await texts(0, 'another boot', own)).toEqual(many('next', 700).slice(1))
})
