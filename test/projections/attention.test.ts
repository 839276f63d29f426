/** What fails and has not gone well since, what nothing can move any more, and who only leaves. */
import { describe, expect, it } from 'vitest'
import type { Draft, Entry } from '../../src/log/events.ts'
import { attention, type Problem } from '../../src/projections/attention.ts'
import { overview } from '../../src/projections/overview.ts'
import { fold } from '../../src/projections/projection.ts'
import { runStarted, writer } from './entries.ts'

const SCOPE = '/review#0'

const of = (type: string, by: string, data: object): Draft => ({ type, by, scope: SCOPE, data }) as Draft
const ofBuilder = (type: string, by: string, data: object): Draft => ({ ...of(type, by, data), agent: 'builder' }) as Draft

/** A run with one agent that has registered and rests, then `drafts`. */
function runWith(...drafts: readonly Draft[]): readonly Entry[] {
  const { write, entries } = writer()
  const begin: readonly Draft[] = [
    runStarted(),
    of('process_spawned', 'program', { process: 'review', args: [], mode: 'call' }),
    ofBuilder('agent_created', 'program', { machine: 'm', system_prompt: false, model: null, driver: 'pi' }),
    ofBuilder('registered', 'program', { tools: [] }),
  ]
  for (const draft of [...begin, ...drafts]) write(draft)
  return entries
}

function problems(entries: readonly Entry[], afterMs = 0): readonly Problem[] {
  const now = new Date(Date.parse(entries.at(-1)?.time ?? '') + afterMs).toISOString()
  return attention(fold(overview, entries), now)
}

const call = (call_id: string): Draft => ofBuilder('tool_call', 'world', { call_id, tool: 'submit', params: {} })
const answer = (call_id: string, result: object): Draft => ofBuilder('tool_result', 'program', { call_id, ...result })
const failedCall = (id: string): Draft[] => [call(id), answer(id, { error: `no ${id}` })]
const modelSaid = (data: object): Draft => ofBuilder('message_end', 'world', { role: 'assistant', text: '', ...data })
const modelError = modelSaid({ stop_reason: 'error', error: '401: no such key' })
const ended = (outcome: string): Draft => ({ type: 'run_ended', by: 'runtime', scope: '/', data: { outcome, duration_ms: 1 } }) as Draft

describe('a tool', () => {
  it('whose last calls failed is a problem, and none any more once one went well', () => {
    const failing = [...failedCall('1'), ...failedCall('2')]
    expect(problems(runWith(...failing))).toMatchObject([
      { kind: 'call_failed', who: 'builder', message: 'submit: no 2 (2 times)', seq: 8, forMs: null },
    ])
    expect(problems(runWith(...failing, call('3'), answer('3', { result: null })))).toEqual([])
  })

  it('that failed stays a problem of a run that was cancelled, and is none of one that completed nevertheless', () => {
    expect(problems(runWith(...failedCall('1'), ended('cancelled')))).toMatchObject([{ kind: 'call_failed' }])
    expect(problems(runWith(...failedCall('1'), ended('completed')))).toEqual([])
  })
})

describe('a model', () => {
  it('that answers with errors is a problem of its agent until it gives an answer', () => {
    expect(problems(runWith(modelError, modelError))).toMatchObject([
      { kind: 'model_error', who: 'builder', message: '401: no such key (2 times)', seq: 6 },
    ])
    expect(problems(runWith(modelError, modelSaid({ text: 'hello' })))).toEqual([])
    const userSpeaks = ofBuilder('message_end', 'world', { role: 'user', text: 'go on' })
    expect(problems(runWith(modelError, userSpeaks))).toMatchObject([{ kind: 'model_error' }])
  })
})

describe('a run', () => {
  const kinds = (entries: readonly Entry[], afterMs: number) => problems(entries, afterMs).map(({ kind }) => kind)
  const timer = (name: string): Draft => of('timer_set', 'program', { timer: name, ms: 3_600_000 })

  it('in which nothing can go on by itself is stuck, a minute after its last word', () => {
    expect(kinds(runWith(), 59_000)).toEqual([])
    expect(problems(runWith(), 61_000)).toMatchObject([
      { kind: 'stuck', who: '/', message: expect.stringContaining('only a word from outside can go on with it'), forMs: 61_000 },
    ])
  })

  it('is not stuck while a timer is set; the limit of a process is none that goes on with anything', () => {
    expect(kinds(runWith(timer('setTimeout#1')), 600_000)).toEqual([])
    expect(problems(runWith(timer('timeout#1')), 61_000)).toMatchObject([
      { kind: 'stuck', message: expect.stringContaining('only a time limit') },
    ])
  })

  it('is not stuck while an agent is at work, has something to read, or a call is open', () => {
    expect(kinds(runWith(ofBuilder('turn_start', 'world', {})), 61_000)).toEqual([])
    expect(kinds(runWith(ofBuilder('message', 'program', { text: 'go', delivery: 'steer' })), 61_000)).toEqual(['unapplied'])
    expect(kinds(runWith(of('step_started', 'program', { name: 'fetch' })), 61_000)).toEqual(['unanswered'])
  })

  it('that can be called waits for calls, which is what it is for', () => {
    const definition = { name: 'add', description: '', parameters: {} }
    expect(kinds(runWith(of('endpoint_exposed', 'program', { endpoint: 'add', definition })), 600_000)).toEqual([])
  })
})

describe('an agent', () => {
  const left: readonly Draft[] = [ofBuilder('shutdown', 'program', {}), ofBuilder('disconnected', 'world', {})]

  it('that was asked to leave leaves: it is not cut off, whatever it does until it has gone', () => {
    const state = fold(overview, runWith(...left, ofBuilder('turn_end', 'world', {})))
    expect(state.agents.byName.get('builder')?.state).toBe('leaving')
    expect(problems(runWith(...left), 5000)).toEqual([])
  })

  it('whose connection is lost before that is cut off', () => {
    expect(problems(runWith(ofBuilder('disconnected', 'world', {})))).toMatchObject([{ kind: 'disconnected', who: 'builder' }])
  })
})

describe('what is kept of failures', () => {
  it('does not grow with the run: a hundred of each', () => {
    const { write, entries } = writer()
    for (let n = 0; n < 250; n += 1) {
      const agent = `a${n}`
      write({ ...call(`${n}`), agent } as Draft)
      write({ ...answer(`${n}`, { error: 'x'.repeat(5000) }), agent } as Draft)
      write({ ...modelError, agent } as Draft)
    }
    const { calls, problems: kept } = fold(overview, entries)
    expect([calls.failing.size, kept.modelErrors.size]).toEqual([100, 100])
    expect([...calls.failing.values()][0]?.message.length).toBe(500)
    expect([...kept.modelErrors.keys()].at(-1)).toBe('a249')
  })
})
