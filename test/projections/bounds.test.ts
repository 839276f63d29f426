/** What a projection keeps of a run that goes on for ever: what is alive, and counts. */
import { describe, expect, it } from 'vitest'
import type { Draft } from '../../src/log/events.ts'
import { agents } from '../../src/projections/agents.ts'
import { calls } from '../../src/projections/calls.ts'
import { combine } from '../../src/projections/combine.ts'
import { connections, edges } from '../../src/projections/connections.ts'
import { endpoints } from '../../src/projections/endpoints.ts'
import { overview } from '../../src/projections/overview.ts'
import { fold } from '../../src/projections/projection.ts'
import { toSnapshot } from '../../src/projections/snapshot.ts'
import { timeline } from '../../src/projections/timeline.ts'
import { runStarted, writer } from './entries.ts'

const everything = combine({ overview, timeline })
const LONG_TEXT = 'x'.repeat(5000)

const created = (scope: string, agent: string): Draft => ({
  type: 'agent_created',
  by: 'program',
  scope,
  agent,
  data: { machine: 'm', system_prompt: false, model: null, driver: 'pi' },
})
const spawned = (scope: string): Draft => ({
  type: 'process_spawned',
  by: 'program',
  scope,
  data: { process: 'p', args: [LONG_TEXT], mode: 'spawn' },
})
const done = (scope: string): Draft => ({ type: 'process_done', by: 'program', scope, data: { result: LONG_TEXT } })
const exited = (scope: string, agent: string): Draft => ({
  type: 'agent_exited',
  by: 'world',
  scope,
  agent,
  data: { cause: 'exited', by: 'agent' },
})
const own = (type: string, scope: string, agent: string, data: object): Draft => ({ type, by: 'world', scope, agent, data }) as Draft

const ROOT: readonly Draft[] = [runStarted(), spawned('/p#0'), created('/p#0', 'hub')]

/** A child process with an agent that leaves everything open that can be left open. */
function generation(n: number): Draft[] {
  const [scope, agent] = [`/p#0/q#${n}`, `a${n}`]
  const call_id = `${n}`
  const parameters = { type: 'object' }
  return [
    spawned(scope),
    created(scope, agent),
    { type: 'connection_added', by: 'program', scope: '/p#0', data: { a: 'hub', b: agent, direction: 'both' } },
    { type: 'endpoint_exposed', by: 'program', scope, data: { endpoint: 'e', definition: { name: 'e', description: '', parameters } } },
    { type: 'endpoint_called', by: 'world', scope, data: { call_id, endpoint: 'e', kwargs: {}, caller: 'x' } },
    { type: 'exec_started', by: 'program', scope: `${scope}/on:x#1`, data: { machine: 'm', command: 'sleep 9', timeout_ms: null } },
    { type: 'timer_set', by: 'program', scope, data: { timer: `t${n}`, ms: 5 } },
    own('pi_tool_start', '/p#0', 'hub', { tool_call_id: `hub-${n}`, tool: 'bash' }),
    own('tool_call', scope, agent, { call_id, tool: 't', params: {} }),
    own('message', scope, agent, { text: 'go', delivery: 'steer' }),
    ...Array.from({ length: 25 }, () => [own('turn_start', scope, agent, {}), own('turn_end', scope, agent, {})]).flat(),
    { type: 'warning', by: 'runtime', scope, data: { code: `W${n}`, message: LONG_TEXT } },
    done(scope),
    exited(scope, agent),
    own('agent_activity', scope, agent, { event: 'late', data: n }),
  ]
}

function sizeAfter(generations: number): number {
  const { write } = writer()
  const state = fold(
    everything,
    ROOT.map((draft) => write(draft)),
  )
  for (let n = 0; n < generations; n += 1)
    fold(
      everything,
      generation(n).map((draft) => write(draft)),
      state,
    )
  return JSON.stringify(toSnapshot(everything, state, 0)).length
}

describe('a run that churns', () => {
  it('has a state of the same size after 1,600 processes and agents as after 1,200, but for longer numbers', () => {
    const [before, after] = [sizeAfter(1200), sizeAfter(1600)]
    expect(after / before).toBeLessThan(1.005)
    expect(after).toBeLessThan(4_000_000)
  })
})

describe('of what has ended', () => {
  it('the connections of the last hundred agents are kept, of the others their number', () => {
    const { write } = writer()
    const state = fold(
      connections,
      ROOT.map((draft) => write(draft)),
    )
    for (let n = 0; n < 130; n += 1)
      fold(
        connections,
        generation(n).map((draft) => write(draft)),
        state,
      )
    expect([edges(state).length, state.droppedCount]).toEqual([200, 60])
    expect(edges(state).at(0)).toEqual({ a: 'a100', b: 'hub' })
  })

  it('nothing of a former agent is left to another one of its name', () => {
    const { write } = writer()
    const log = [...ROOT, ...generation(0), created('/p#0', 'a0')].map((draft) => write(draft))
    expect(edges(fold(connections, log))).toEqual([])
  })

  it('commands, timers and calls of a process go with it, and not those of its children', () => {
    const { write } = writer()
    const state = fold(
      calls,
      [...ROOT, ...generation(0).slice(0, 10), spawned('/p#0/q#0/r#0')].map((draft) => write(draft)),
    )
    const timer = write({ type: 'timer_set', by: 'program', scope: '/p#0/q#0/r#0', data: { timer: 'below', ms: 5 } })
    fold(calls, [timer, write(done('/p#0/q#0'))], state)
    expect([...state.pending.values()].map(({ kind, scope }) => [kind, scope])).toEqual([
      ['tool', '/p#0/q#0'],
      ['timer', '/p#0/q#0/r#0'],
    ])
    expect(state.abandonedCount).toBe(3)
    fold(calls, [write(exited('/p#0/q#0', 'a0'))], state)
    expect([state.pending.size, state.abandonedCount]).toEqual([1, 4])
  })

  it('calls to its endpoints are not open any more', () => {
    const { write } = writer()
    const log = [...ROOT, ...generation(0)].map((draft) => write(draft))
    expect(fold(endpoints, log.slice(0, 8)).open.size).toBe(1)
    expect(fold(endpoints, log).open.size).toBe(0)
  })

  it('tools that an agent began and never ended are the newest 200 of its own, beside all it asked of the program', () => {
    const { write } = writer()
    const asked = own('tool_call', '/p#0', 'hub', { call_id: 'c', tool: 't', params: {} })
    const begun = Array.from({ length: 300 }, (_, n) => own('pi_tool_start', '/p#0', 'hub', { tool_call_id: `${n}`, tool: 'bash' }))
    const state = fold(
      combine({ agents, timeline }),
      [...ROOT, asked, ...begun].map((draft) => write(draft)),
    )
    const hub = state.agents.byName.get('hub')
    expect([hub?.ownTools.size, hub?.droppedTools, hub?.openTools.has('c'), hub?.ownTools.has('299')]).toEqual([200, 100, true, true])
    const lane = state.timeline.lanes.get('hub')
    expect([lane?.open.size, lane?.segments.length]).toEqual([200, 101])
  })

  it('a lane is whole until fifty others have ended after it', () => {
    const { write } = writer()
    const state = fold(
      timeline,
      ROOT.map((draft) => write(draft)),
    )
    for (let n = 0; n < 52; n += 1)
      fold(
        timeline,
        generation(n).map((draft) => write(draft)),
        state,
      )
    const segments = (agent: string) => state.lanes.get(agent)?.segments.length
    expect([segments('a1'), segments('a2'), state.lanes.get('a1')?.droppedCount]).toEqual([20, 26, 6])
  })
})
