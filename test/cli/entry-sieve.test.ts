import { fc, test } from '@fast-check/vitest'
import { expect, it } from 'vitest'
import { createCli } from '../../src/cli/cli.ts'
import { entryFilter } from '../../src/cli/entry-filter.ts'
import { encodeEntry } from '../../src/log/codec.ts'
import type { Entry } from '../../src/log/events.ts'
import { reviewLog } from '../projections/review-log.ts'

const ENTRIES = reviewLog()
const NONE: ReadonlySet<string> = new Set()

function filterOf(options: Record<string, string>) {
  const signal = new AbortController().signal
  const stream = { isTTY: false, write() {} }
  // The cast: the filter asks the command line for its clock and nothing else.
  const world = { env: { RAMURE_HOME: '/nowhere' }, stdout: stream, stderr: stream, signal, now: () => 0, timeZone: 'UTC' }
  return entryFilter(createCli(world as unknown as Parameters<typeof createCli>[0], {}), options)
}

function passes(options: Record<string, string>, entry: Entry, kept = NONE): boolean {
  const line = Buffer.from(`junk\n${encodeEntry(entry, JSON.stringify(entry.data))}\n`)
  return filterOf(options).sieve(kept)?.({ bytes: line, start: 5, end: line.length - 1 }) ?? true
}

const options = fc.record(
  {
    agent: fc.constantFrom('builder', 'tester', 'builder,reviewer', 'nobody'),
    type: fc.constantFrom('tool_*', 'message', 'run_*,usage', '*'),
    where: fc.constantFrom(
      'seq > 20',
      'agent == "tester" && seq < 30',
      'data.tool ~ "app" || type == "message"',
      '!(data.error)',
      '!(by == "world") && !data.error',
      'data && scope ~ "review"',
      'cause',
      'time >= "2026-11-21T09:40:10" && data.text',
    ),
    grep: fc.constantFrom('tester', 'TESTER is*gone', 'command: npm test', 'review', 'tool_call builder', '401', '→', '"'),
  },
  { requiredKeys: [] },
)

test.prop([options], { numRuns: 300 })('no line of an entry that is wanted is refused', (given) => {
  const { wants } = filterOf(given)
  const refused = ENTRIES.filter((entry) => wants(entry) && !passes(given, entry))
  expect(refused).toEqual([])
})

it('refuses by the envelope and by the bytes, without the data', () => {
  const count = (given: Record<string, string>) => ENTRIES.filter((entry) => passes(given, entry)).length
  const wanted = (given: Record<string, string>) => ENTRIES.filter(filterOf(given).wants).length
  for (const given of [{ type: 'tool_*' }, { where: 'seq > 30' }, { where: 'agent == "tester" && by == "world"' }, { grep: 'gone' }])
    expect([given, count(given)]).toEqual([given, wanted(given)])
  expect(count({ where: 'type == "tool_result" && data.error' })).toBe(count({ type: 'tool_result' }))
})

it('lets through what is kept, what cannot be scanned, and what has texts beside the log', () => {
  const [first, second] = ENTRIES as [Entry, Entry]
  expect(passes({ grep: 'nothing-like-this' }, first)).toBe(false)
  expect(passes({ grep: 'nothing-like-this' }, first, new Set(['run_started']))).toBe(true)
  const blob = { ...second, data: { text: { $blob: 'sha256:0', bytes: 1, preview: '' } } } as unknown as Entry
  expect(passes({ grep: 'nothing-like-this' }, blob)).toBe(true)
  const line = Buffer.from(JSON.stringify({ type: 'emit', seq: 1, data: {} }))
  expect(filterOf({ grep: 'nothing' }).sieve(NONE)?.({ bytes: line, start: 0, end: line.length })).toBe(true)
})

it('is none where nothing could be refused', () => {
  expect([filterOf({}).sieve(NONE), filterOf({ grep: '→' }).sieve(NONE)]).toEqual([undefined, undefined])
})
