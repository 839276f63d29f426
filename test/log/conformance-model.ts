import { fc } from '@fast-check/vitest'
import { expect } from 'vitest'
import type { RunLog } from '../../src/log/append.ts'
import type { Entry, EventType, Json } from '../../src/log/events.ts'
import { toJson } from '../../src/log/json.ts'
import type { LogStore } from '../../src/log/store.ts'
import { all, emitted, RUN, seqOf, startLog } from './entries.ts'

type Step =
  | { readonly do: 'append'; readonly value: Json; readonly type: 'emit' | 'process_done' }
  | { readonly do: 'flush' | 'reopen' | 'list' }
  | {
      readonly do: 'read'
      readonly from: number | undefined
      readonly to: number | undefined
      /** As many ms after the first entry as the clock of these logs has ticked at the n-th. */
      readonly since: number | undefined
      readonly until: number | undefined
      readonly types: readonly EventType[] | undefined
      readonly reverse: boolean
    }
  | { readonly do: 'follow'; readonly after: number }

const place = fc.option(fc.integer({ min: 0, max: 30 }), { nil: undefined })
const append = fc.record({
  do: fc.constant('append' as const),
  value: fc.jsonValue().map(toJson),
  type: fc.constantFrom('emit' as const, 'process_done' as const),
})
/** What is done to a store, and looked at, in any order. */
export const steps = fc.array(
  fc.oneof(
    { arbitrary: append, weight: 5 },
    { arbitrary: fc.record({ do: fc.constantFrom('flush' as const, 'reopen' as const, 'list' as const) }), weight: 3 },
    {
      arbitrary: fc.record({
        do: fc.constant('read' as const),
        from: place,
        to: place,
        since: place,
        until: place,
        types: fc.constantFrom<readonly EventType[] | undefined>(undefined, ['emit'], ['process_done', 'warning'], []),
        reverse: fc.boolean(),
      }),
      weight: 3,
    },
    { arbitrary: fc.record({ do: fc.constant('follow' as const), after: fc.integer({ min: 0, max: 10 }) }), weight: 1 },
  ),
  { maxLength: 40 },
)

/** What a store must be like: a list. */
export interface Model {
  readonly store: LogStore
  log: RunLog
  written: Entry[]
  pending: Entry[]
}

/** Does a step, and says so when the store is not like its model. */
export async function perform(step: Step, model: Model): Promise<void> {
  const { store, log } = model
  const flushed = (): void => void (model.written.push(...model.pending), (model.pending = []))
  switch (step.do) {
    case 'append':
      return void model.pending.push(
        log.append(
          step.type === 'emit'
            ? emitted(step.value)
            : { type: 'process_done', by: 'program', scope: '/demo#0', data: { result: step.value } },
        ),
      )
    case 'flush':
      expect(log.flush()).toBe(model.written.length + model.pending.length)
      return flushed()
    case 'reopen':
      await log.close()
      flushed()
      model.log = startLog(store, store.open(RUN))
      return
    case 'list':
      return expect((await store.list()).map(({ run }) => run)).toStrictEqual([RUN])
    case 'read':
      await log.flushed()
      flushed()
      return expect(await all(store.read(RUN, optionsOf(step)))).toStrictEqual(expected(model.written, step))
    case 'follow':
      await log.flushed()
      flushed()
      return expect(await firstOf(store, step.after, model.written.length)).toStrictEqual(model.written.slice(step.after))
  }
}

const timeOf = (ms: number): string => new Date(Date.parse('2026-11-21T09:00:00.000Z') + ms).toISOString()

function optionsOf({ from, to, since, until, types, reverse }: Extract<Step, { do: 'read' }>): Parameters<LogStore['read']>[1] {
  return {
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(since === undefined ? {} : { since: timeOf(since) }),
    ...(until === undefined ? {} : { until: timeOf(until) }),
    ...(types === undefined ? {} : { types }),
    reverse,
  }
}

function expected(entries: readonly Entry[], step: Extract<Step, { do: 'read' }>): readonly Entry[] {
  const { from = 1, to = Infinity, since = 0, until = 1e9, types, reverse } = step
  const isInside = ({ seq, time }: Entry): boolean => seq >= from && seq <= to && time >= timeOf(since) && time <= timeOf(until)
  const found = entries.filter((entry) => isInside(entry) && (types === undefined || types.includes(entry.type)))
  return reverse ? found.reverse() : found
}

async function firstOf(store: LogStore, after: number, last: number): Promise<unknown[]> {
  const seen: unknown[] = []
  if (after >= last) return seen
  for await (const item of store.follow(RUN, { after })) {
    seen.push(item)
    if (seqOf(item) === last) break
  }
  return seen
}
