import { expect, test } from 'vitest'
import { runLog } from '../../src/log/append.ts'
import type { Draft } from '../../src/log/events.ts'
import { memoryStore } from '../../src/log/memory.ts'
import { redactor } from '../../src/log/redact.ts'
import { liveHost } from '../../src/runtime/live-host.ts'

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
