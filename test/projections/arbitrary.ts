/** Well-formed logs of any shape: a small simulator turns random choices into what a run could have written. */
import fc from 'fast-check'
import type { Entry, Json } from '../../src/log/events.ts'
import { runStarted, writer } from './entries.ts'

interface Choice {
  readonly kind: number
  readonly pick: number
  readonly waitMs: number
  readonly value: Json
}

/** A log holds no -0: JSON has none. */
const asWritten = (value: unknown): Json => JSON.parse(JSON.stringify(value))

const choice: fc.Arbitrary<Choice> = fc.record({
  kind: fc.nat({ max: 30 }),
  pick: fc.nat({ max: 1000 }),
  waitMs: fc.oneof(fc.nat({ max: 50 }), fc.nat({ max: 100_000 })),
  value: fc.oneof(fc.jsonValue().map(asWritten), fc.constantFrom<Json>({ $map: [] }, { $plain: { $map: 1 } }, { ['__proto__']: 1 })),
})

/** Entries of one run, from `run_started` on; it may break off anywhere. */
export const anyLog: fc.Arbitrary<Entry[]> = fc.array(choice, { maxLength: 120, size: 'max' }).map(simulate)

interface World {
  readonly log: ReturnType<typeof writer>
  readonly open: {
    process: string[]
    agent: Map<string, string>
    tool: [string, string][]
    effect: [string, number][]
    call: string[]
    timer: string[]
  }
  next: number
}

function simulate(choices: readonly Choice[]): Entry[] {
  const log = writer()
  log.write(runStarted())
  const world: World = { log, open: { process: [], agent: new Map(), tool: [], effect: [], call: [], timer: [] }, next: 0 }
  for (const one of choices) step(world, one)
  return log.entries
}

const at = <T>(items: readonly T[], pick: number): T | undefined => items[pick % Math.max(1, items.length)]

function step(world: World, { kind, pick, waitMs, value }: Choice): void {
  const { log, open } = world
  const id = `${world.next++}`
  const scope = at(open.process, pick) ?? '/'
  const [agent, home] = at([...open.agent], pick) ?? []
  const inside = pick % 3 === 0 ? `${scope}/on:tool(a,b)#${id}` : scope
  if (kind === 0 || open.process.length === 0) {
    const path = open.process.length === 0 ? `/p#${id}` : `${inside}/p${pick % 4}#${id}`
    open.process.push(path)
    log.write({ type: 'process_spawned', by: 'program', scope: path, data: { process: 'p', args: [value], mode: 'spawn' } }, waitMs)
  } else if (kind === 1) {
    const path = open.process.splice(pick % open.process.length, 1)[0] ?? '/'
    if (pick % 3 === 0) log.write({ type: 'process_done', by: 'program', scope: path, data: { result: value } }, waitMs)
    else if (pick % 3 === 1)
      log.write({ type: 'process_failed', by: 'program', scope: path, data: { error: { name: 'Error', message: 'no' } } }, waitMs)
    else log.write({ type: 'process_cancelled', by: 'program', scope: path, data: { reason: 'enough', by: 'program' } }, waitMs)
  } else if (kind <= 4) {
    const name = `a${pick % 12}`
    if (!open.agent.has(name)) {
      open.agent.set(name, inside)
      log.write(
        {
          type: 'agent_created',
          by: 'program',
          scope: inside,
          agent: name,
          data: { machine: 'm0', system_prompt: false, model: null, driver: 'scripted' },
        },
        waitMs,
      )
    }
  } else if (kind === 5) log.write({ type: 'emit', by: 'program', scope: inside, data: { event: 'e', data: value } }, waitMs)
  else if (kind === 6)
    log.write(
      {
        type: 'connection_added',
        by: 'program',
        scope,
        data: { a: `a${pick % 5}`, b: `a${pick % 7}`, direction: pick % 2 ? 'both' : 'forward' },
      },
      waitMs,
    )
  else if (kind === 7) log.write({ type: 'warning', by: 'runtime', scope, data: { code: `W${pick % 4}`, message: 'careful' } }, waitMs)
  else if (kind === 8)
    log.write(
      {
        type: 'endpoint_exposed',
        by: 'program',
        scope: inside,
        data: { endpoint: `e${pick % 3}`, definition: { name: 'e', description: '', parameters: { type: 'object' } } },
      },
      waitMs,
    )
  else if (kind === 9) {
    open.call.push(id)
    log.write(
      { type: 'endpoint_called', by: 'world', scope: inside, data: { call_id: id, endpoint: `e${pick % 3}`, kwargs: {}, caller: 'x' } },
      waitMs,
    )
  } else if (kind === 10) {
    const call = open.call.shift()
    if (call !== undefined)
      log.write(
        {
          type: 'endpoint_returned',
          by: 'program',
          scope,
          data: { call_id: call, endpoint: 'e', ok: pick % 2 === 0, duration_ms: waitMs },
        },
        waitMs,
      )
  } else if (kind === 11)
    open.effect.push([
      'exec',
      log.write(
        { type: 'exec_started', by: 'program', scope: inside, data: { machine: 'm0', command: `c${id}`, timeout_ms: null } },
        waitMs,
      ).seq,
    ])
  else if (kind === 12)
    open.effect.push([
      'step',
      log.write({ type: 'step_started', by: 'program', scope: inside, data: { name: `s${pick % 3}` } }, waitMs).seq,
    ])
  else if (kind === 13) {
    const [what, cause] = open.effect.splice(pick % Math.max(1, open.effect.length), 1)[0] ?? []
    if (cause === undefined) return
    if (what === 'step') log.write({ type: 'step_result', by: 'world', scope, cause, data: { value } }, waitMs)
    else log.write({ type: 'exec_result', by: 'world', scope, cause, data: { exit_code: pick % 2, stdout: '', stderr: '' } }, waitMs)
  } else if (kind === 14) {
    open.timer.push(id)
    log.write({ type: 'timer_set', by: 'program', scope, data: { timer: id, ms: pick } }, waitMs)
  } else if (kind === 15) {
    const timer = open.timer.shift()
    if (timer !== undefined) log.write({ type: pick % 2 ? 'timer_fired' : 'timer_cleared', by: 'world', scope, data: { timer } }, waitMs)
  } else if (kind === 16 && pick % 5 === 0) {
    // From a newer ramure: kept and shown, ignored by every projection.
    log.write({ type: 'from_the_future', by: 'world', scope, agent: 'a0', data: value } as never, waitMs)
  } else if (kind === 17 && pick % 9 === 0)
    log.write({ type: 'run_ended', by: 'runtime', scope: '/', data: { outcome: 'completed', duration_ms: 5 } }, waitMs)
  else if (agent !== undefined && home !== undefined) stepAgent(world, { kind, pick, waitMs, value }, agent, home, id)
}

function stepAgent(world: World, { kind, pick, waitMs, value }: Choice, agent: string, scope: string, id: string): void {
  const { log, open } = world
  const here = { scope, agent } as const
  if (kind === 18) log.write({ type: 'register', by: 'world', ...here, data: { execution_id: 'r', pid: 7 } }, waitMs)
  else if (kind === 19) log.write({ type: 'registered', by: 'program', ...here, data: { tools: [] } }, waitMs)
  else if (kind <= 21) {
    open.tool.push([agent, id])
    log.write({ type: 'tool_call', by: 'world', ...here, data: { call_id: id, tool: `t${pick % 3}`, params: value } }, waitMs)
  } else if (kind <= 23) {
    const [caller, call] = open.tool.splice(pick % Math.max(1, open.tool.length), 1)[0] ?? []
    if (caller === undefined || call === undefined) return
    const answer = pick % 3 === 0 ? { call_id: call, error: 'no' } : { call_id: call, result: value }
    log.write({ type: 'tool_result', by: 'program', scope, agent: caller, data: answer }, waitMs)
  } else if (kind === 24) log.write({ type: 'message', by: 'program', ...here, data: { text: 'go', delivery: 'follow_up' } }, waitMs)
  else if (kind === 25) log.write({ type: 'message_applied', by: 'world', ...here, data: { aseq: pick % 20 } }, waitMs)
  else if (kind === 26) log.write({ type: pick % 2 ? 'turn_start' : 'turn_end', by: 'world', ...here, data: { turn_index: pick } }, waitMs)
  else if (kind === 27)
    log.write(
      { type: pick % 2 ? 'pi_tool_start' : 'pi_tool_end', by: 'world', ...here, data: { tool_call_id: `${pick % 5}`, tool: 'bash' } },
      waitMs,
    )
  else if (kind === 28) {
    const cost = pick % 2 ? {} : { cost: pick % 4 ? pick / 1e6 : { input: 1e-9, total: pick / 1e6 } }
    const counts = pick % 3 ? { input_tokens: pick, output_tokens: 2 } : { output_tokens: '2', total_tokens: -pick, input_tokens: 0.5 }
    log.write({ type: 'usage', by: 'world', ...here, data: { model: `m "${pick}"`, ...counts, ...cost } }, waitMs)
  } else if (kind === 29) log.write({ type: 'disconnected', by: 'world', ...here, data: {} }, waitMs)
  else {
    open.agent.delete(agent)
    log.write(
      { type: 'agent_exited', by: 'world', ...here, data: { cause: pick % 2 ? 'exited' : 'shutdown', by: 'agent', code: pick % 3 } },
      waitMs,
    )
  }
}
