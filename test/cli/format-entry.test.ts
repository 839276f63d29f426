import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { entryFormatter, formatEntry } from '../../src/cli/format-entry.ts'
import { displayWidth } from '../../src/cli/text.ts'
import { type Entry, EVENT_TYPES, type EventData, type EventType } from '../../src/log/events.ts'
import { anyLog } from '../projections/arbitrary.ts'
import { reviewLog } from '../projections/review-log.ts'

const lines = (width: number | null, colour = false) => {
  const format = entryFormatter({ width, colour })
  return `${reviewLog()
    .map((entry) => format(entry))
    .join('\n')}\n`
}

const withText = (text: string): Entry => ({
  seq: 7,
  time: '2026-11-21T09:40:00.000Z',
  type: 'tool_call',
  by: 'world',
  scope: '/p#0',
  agent: text,
  data: { call_id: '1', tool: text, params: { [text]: text, list: [text] } },
})

/** One entry of every type there is, with a text in every field that may hold one. */
function samples(): (readonly [string, Entry])[] {
  const error = { name: 'TypeError', message: 'm' }
  const data: { readonly [T in Exclude<EventType, (typeof recorded)[number]>]: EventData[T] } = {
    run_forked: { run: 'r', seq: 1 },
    run_resumed: { after_seq: 1, gap_ms: 2 },
    log_repaired: { bytes: 61, kept_as: 'events.torn' },
    fail: { reason: 'r' },
    process_cancelled: { reason: 'r', by: 'b' },
    emit: { event: 'e', data: { k: 'v' } },
    endpoint_exposed: { endpoint: 'e', definition: { name: 'e', description: 'd', parameters: {} } },
    endpoint_called: { call_id: '1', endpoint: 'e', kwargs: { k: 'v' }, caller: 'c' },
    endpoint_returned: { call_id: '1', endpoint: 'e', ok: false, error, duration_ms: 1 },
    tool_registered: { name: 'n', description: 'd', parameters: {} },
    error: { error: 'e' },
    disconnected: {},
    agent_activity: { event: 'e', data: ['v'] },
    message_start: { role: 'r' },
    message_end: { role: 'r', text: 't' },
    pi_tool_result: { tool: 't', text: 'x', is_error: true },
    machine_stopped: { machine: 'm' },
    exec_started: { machine: 'm', command: 'c', timeout_ms: null, user: 'u' },
    exec_result: { exit_code: 1, stdout: 'o', stderr: 'e' },
    file_read_started: { machine: 'm', path: 'p' },
    file_read: { error },
    file_write_started: { machine: 'm', path: 'p', bytes: 1, sha256: 's', content: { text: 't' } },
    file_written: { bytes: 1 },
    step_started: { name: 'n' },
    step_result: { error },
    timer_set: { timer: 't', ms: 1 },
    timer_fired: { timer: 't' },
    timer_cleared: { timer: 't' },
    cli_send: { agent: 'a', text: 't', caller: 'c' },
    stop_requested: { caller: 'c', reason: 'r' },
  }
  const place = { seq: 1, time: '2026-11-21T09:40:00.000Z', by: 'world', scope: '/p#0' } as const
  const others = Object.entries(data).map(([type, each]) => ({ ...place, type, data: each }) as Entry)
  return [...reviewLog(), ...others].map((entry) => [entry.type, entry] as const)
}

const recorded = [
  'run_started',
  'run_ended',
  'warning',
  'process_spawned',
  'done',
  'process_done',
  'process_failed',
  'agent_created',
  'agent_spawned',
  'register',
  'registered',
  'message',
  'message_applied',
  'send_refused',
  'tool_call',
  'tool_result',
  'agent_exited',
  'shutdown',
  'connection_added',
  'turn_start',
  'turn_end',
  'pi_tool_start',
  'pi_tool_end',
  'usage',
  'machine_created',
] as const

describe('an entry as a line', () => {
  it('tells a connection that was lost from one that ended because its agent was asked to go', () => {
    const format = entryFormatter()
    const of = (type: string, data: object) =>
      format({ seq: 1, time: '2026-01-01T00:00:00.000Z', type, by: 'world', scope: '/p#0', agent: 'a', data } as unknown as Entry)
    expect(of('disconnected', {})).toContain('! disconnected')
    of('shutdown', {})
    expect(of('disconnected', {})).toContain('· left')
    of('shutdown', {})
    of('agent_created', { machine: 'm', system_prompt: false, model: null, driver: 'pi' })
    expect(of('disconnected', {})).toContain('! disconnected')
  })

  it('never cuts the number of an entry: it is what other commands take', () => {
    for (const seq of [7, 9999, 10000, 1234567]) expect(formatEntry({ ...withText('a'), seq }, { width: 60 })).toContain(`#${seq} `)
  })

  it.for([60, 80, 120])('fills %i columns', async (width) => {
    await expect(lines(width)).toMatchFileSnapshot(`golden/entries-${width}.txt`)
  })

  it('is not cut where there is no terminal', async () => {
    await expect(lines(null)).toMatchFileSnapshot('golden/entries-piped.txt')
  })

  it('says the same in colour', async () => {
    await expect(lines(80, true)).toMatchFileSnapshot('golden/entries-80-colour.txt')
    expect(lines(80, true).replace(/\u001b\[\d+m/g, '')).toBe(lines(80))
  })

  test.prop([anyLog, fc.integer({ min: 50, max: 160 })])('never takes more room than there is, whatever the log says', (log, width) => {
    const format = entryFormatter({ width })
    for (const entry of log) expect(displayWidth(format(entry))).toBeLessThanOrEqual(width)
  })

  test.prop([fc.string({ unit: 'binary' }), fc.constantFrom(null, 60, 120)])(
    'carries no control characters out of a log',
    (text, width) => {
      const line = formatEntry(withText(`${text}\u001b]0;owned\u0007\u001b[2J\r\n\u202e`), { width })
      expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/)
    },
  )

  it.for(samples())('of type %s carries nothing a terminal would obey, from whichever field', ([_type, entry]) => {
    const hostile = '\u001b]0;owned\u0007\u001b[2J\r\n\u202e\u009b31m\u0000'
    const spoilt = JSON.parse(JSON.stringify(entry.data), (_key, value) => (typeof value === 'string' ? hostile + value : value))
    for (const width of [null, 80]) {
      const line = formatEntry({ ...entry, agent: `${hostile}a`, scope: `/${hostile}`, data: spoilt } as Entry, { width })
      expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/)
    }
  })

  test.prop([fc.constantFrom(...EVENT_TYPES), fc.jsonValue()])('is made of any data, also of what does not fit its type', (type, data) => {
    const entry = { seq: 1, time: 'never', type, by: 'world', scope: '/', data } as unknown as Entry
    expect(formatEntry(entry)).toContain('#1')
    expect(entryFormatter({ width: 80 })(entry)).toContain('#1')
  })

  it('is made quickly of texts of a megabyte, and says how much it left out', () => {
    const entry = { ...withText('a'), data: { call_id: '1', tool: 't', params: { code: 'x'.repeat(1_000_000) } } } as Entry
    const startedAt = performance.now()
    const line = formatEntry(entry, { width: 100 })
    expect(performance.now() - startedAt).toBeLessThan(50)
    expect(displayWidth(line)).toBeLessThanOrEqual(100)
    expect(formatEntry(entry)).toMatch(/xx…" \+999\.\d kB \}$/)
  })

  it('is made of values of any depth and breadth', () => {
    const deep = JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`)
    const broad = {
      ...withText('a'),
      data: { call_id: '1', tool: 't', params: [deep, Array.from({ length: 100_000 }, () => ({ a: 1 }))] },
    } as Entry
    expect(formatEntry(broad).length).toBeLessThan(2000)
  })

  it('of an unknown type is shown with its data', () => {
    const entry = {
      seq: 1,
      time: '2026-11-21T09:40:00.000Z',
      type: 'from_the_future',
      by: 'world',
      scope: '/p#0',
      data: { x: 1 },
    } as unknown as Entry
    expect(formatEntry(entry)).toBe('   #1 09:40:00 p          ? from_the_future { x: 1 }'.replace('from_the_future', 'from_the_fu…'))
  })

  it('shows the clock of the zone it was asked for, or the time since the start', () => {
    const [entry] = reviewLog() as [Entry]
    expect(formatEntry(entry, { timeZone: 'Asia/Tokyo' })).toContain('18:40:00')
    expect(formatEntry(reviewLog()[16] as Entry, { since: entry.time })).toContain(' 15.52 ')
  })
})
