import { describe, expect, it } from 'vitest'
import type { Draft } from '../../src/log/events.ts'
import { agents, currentTool } from '../../src/projections/agents.ts'
import { fold } from '../../src/projections/projection.ts'
import { ENDED_KEPT_MAX } from '../../src/projections/retain.ts'
import { runStarted, writer } from './entries.ts'
import { reviewLog } from './review-log.ts'

const created: Draft = {
  type: 'agent_created',
  by: 'program',
  scope: '/p#0',
  agent: 'a',
  data: { machine: 'm', system_prompt: false, model: null, driver: 'pi' },
}

/** States of agent `a` after each of `drafts`. */
function states(...drafts: Draft[]): string[] {
  const { write } = writer()
  let state = fold(agents, [write(runStarted()), write(created)])
  return drafts.map((draft) => {
    state = agents.apply(state, write(draft))
    return state.byName.get('a')?.state ?? 'none'
  })
}

const of = (type: string, data: object = {}) => ({ type, by: 'world', scope: '/p#0', agent: 'a', data }) as Draft

describe('agents', () => {
  it('go from created to registered, to work and back, and to their end', () => {
    expect(
      states(
        of('registered', { tools: [] }),
        of('turn_start'),
        of('tool_call', { call_id: '1', tool: 't', params: {} }),
        of('turn_end'),
        of('tool_result', { call_id: '1', result: 1 }),
        of('disconnected'),
        of('registered', { tools: [] }),
        of('agent_exited', { cause: 'killed', by: 'unknown' }),
      ),
    ).toEqual(['registered', 'working', 'working', 'working', 'idle', 'disconnected', 'registered', 'exited'])
  })

  it('that have exited do not come back to life by a late frame', () => {
    expect(states(of('agent_exited', { cause: 'exited', by: 'agent' }), of('turn_start'))).toEqual(['exited', 'exited'])
  })

  it('know what they are busy with, since when, and how their calls went', () => {
    const working = fold(agents, reviewLog(16)).byName.get('builder')
    expect(working && currentTool(working)).toEqual({ tool: 'bash', seq: 16, since: reviewLog()[15]?.time })
    const over = fold(agents, reviewLog()).byName.get('builder')
    expect(over).toMatchObject({
      toolCalls: { ok: 1, failed: 1 },
      messages: { sent: 1, applied: 1 },
      tmuxSession: 'ramure-r-builder',
      pid: 78,
    })
    expect(over?.exit).toMatchObject({ cause: 'shutdown', by: 'ramure', code: 0 })
  })

  it('belong to the process they were created in, also from a handler', () => {
    const { write } = writer()
    const log = [
      write(runStarted()),
      write({ type: 'process_spawned', by: 'program', scope: '/p#0', data: { process: 'p', args: [], mode: 'call' } }),
      write({ ...created, scope: '/p#0/on:tool(x,y)#3' } as Draft),
    ]
    expect(fold(agents, log).byName.get('a')?.process).toBe('/p#0')
  })

  it('show the messages that were not taken up', () => {
    const reviewer = fold(agents, reviewLog(34)).byName.get('reviewer')
    expect(reviewer?.messages).toEqual({ sent: 1, applied: 0 })
    expect(reviewer?.unapplied.size).toBe(1)
  })

  it('count a call that was sent twice once', () => {
    const call = of('tool_call', { call_id: '1', tool: 't', params: {} })
    const answer = of('tool_result', { call_id: '1', result: 1 })
    const { write } = writer()
    const state = fold(agents, [write(created), write(call), write(call), write(answer), write(answer)])
    expect(state.byName.get('a')?.toolCalls).toEqual({ ok: 1, failed: 0 })
  })

  it('are dropped oldest first once a thousand have exited, and counted', () => {
    const { write } = writer()
    let state = agents.initial()
    for (let n = 0; n < ENDED_KEPT_MAX + 3; n++) {
      state = agents.apply(state, write({ ...created, agent: `a${n}` } as Draft))
      state = agents.apply(state, write({ ...of('agent_exited', { cause: 'exited', by: 'agent' }), agent: `a${n}` } as Draft))
    }
    expect([state.byName.size, state.droppedCount, state.byName.has('a2'), state.byName.has('a3')]).toEqual([
      ENDED_KEPT_MAX,
      3,
      false,
      true,
    ])
  })
})
