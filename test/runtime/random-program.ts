/** Random concurrent programs: children, handlers, timers, steps, agents, races, all interleaved. */
import { randomInt, randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import fc from 'fast-check'
import { agent } from '../../src/runtime/agent.ts'
import { connect } from '../../src/runtime/connect.ts'
import { branch, parallel, sleep, step } from '../../src/runtime/effects.ts'
import { expose } from '../../src/runtime/endpoint.ts'
import type { Definition } from '../../src/runtime/lifecycle.ts'
import { machine } from '../../src/runtime/machine-record.ts'
import { agentProcess, bubble, done, emit, fail, spawn, wait } from '../../src/runtime/process.ts'
import { requireScope } from '../../src/runtime/scope.ts'

/** One thing a program does. Lists run in sequence; `all` and `race` run their arms at once. */
export type Op =
  | { readonly do: 'emit' | 'time' | 'random' | 'sleep' | 'step' | 'throwing' | 'callback' | 'exec' | 'microtasks'; readonly n: number }
  | { readonly do: 'all' | 'race' | 'arms'; readonly arms: readonly (readonly Op[])[] }
  | { readonly do: 'child' | 'spawn' | 'watch'; readonly body: readonly Op[] }
  | { readonly do: 'agent'; readonly messages: number; readonly onTool: readonly Op[] }

export const program: fc.Arbitrary<readonly Op[]> = fc.letrec<{ ops: readonly Op[]; op: Op }>((tie) => ({
  ops: fc.array(tie('op'), { minLength: 0, maxLength: 4, depthIdentifier: 'program' }),
  op: fc.oneof(
    { depthSize: 'small', withCrossShrink: true, depthIdentifier: 'program' },
    fc.record({
      do: fc.constantFrom(
        'emit' as const,
        'time' as const,
        'random' as const,
        'sleep' as const,
        'step' as const,
        'throwing' as const,
        'callback' as const,
        'exec' as const,
        'microtasks' as const,
      ),
      n: fc.nat(7),
    }),
    fc.record({
      do: fc.constantFrom('all' as const, 'race' as const, 'arms' as const),
      arms: fc.array(tie('ops'), { minLength: 2, maxLength: 3 }),
    }),
    fc.record({ do: fc.constantFrom('child' as const, 'spawn' as const, 'watch' as const), body: tie('ops') }),
    fc.record({ do: fc.constant('agent' as const), messages: fc.nat(3), onTool: tie('ops') }),
  ),
})).ops

export function definitionOf(ops: readonly Op[]): Definition {
  return { name: 'main', image: undefined, timeoutMs: undefined, fn: () => runAll(ops) }
}

async function runAll(ops: readonly Op[]): Promise<number> {
  let count = 0
  for (const op of ops) {
    await runOne(op)
    count += 1
  }
  return count
}

async function runOne(op: Op): Promise<unknown> {
  switch (op.do) {
    case 'emit':
      return emit(`event${op.n}`, { n: op.n })
    case 'time':
      return emit('time', { date: Date.now(), iso: new Date().toISOString(), perf: performance.now() })
    case 'random':
      return emit('random', { float: Math.random(), uuid: randomUUID(), web: crypto.randomUUID(), int: randomInt(100) })
    case 'sleep':
      return op.n % 2 ? sleep(op.n) : pause(op.n)
    case 'step':
      return emit('stepped', await step(`step${op.n}`, () => performance.timeOrigin + op.n))
    case 'throwing':
      return step('throwing', () => Promise.reject(new Error(`scripted ${op.n}`))).catch((error) =>
        emit('caught', (error as Error).message),
      )
    case 'callback':
      return void setTimeout(() => emit('called back', op.n), op.n)
    case 'exec': {
      return emit('ran', await execOnMachine(op.n))
    }
    case 'microtasks':
      for (let k = 0; k < op.n * 7; k += 1) await null
      return emit('microtasks', op.n)
    case 'all':
      return Promise.all(op.arms.map(runAll))
    case 'race':
      return emit('raced', await Promise.race(op.arms.map(async (arm, index) => (await runAll(arm), index))))
    case 'arms':
      return parallel(Object.fromEntries(op.arms.map((arm, index) => [`arm${index}`, () => runAll(arm)])))
    case 'child':
      return agentProcess('child', () => runAll(op.body))()
    case 'spawn':
      return spawnOne(op.body)
    case 'watch':
      return watchOne(op.body)
    case 'agent':
      return runAgent(op)
  }
}

async function execOnMachine(n: number): Promise<number> {
  const box = await machine()
  return (await box.exec(`work ${n}`)).exit_code
}

async function spawnOne(body: readonly Op[]): Promise<void> {
  const handle = spawn(
    agentProcess('spawned', async () => {
      expose('count', () => body.length)
      return runAll(body)
    }),
  )
  emit('endpoint', await handle.call('count'))
  if (body.length % 2) await handle.cancel('odd')
}

async function watchOne(body: readonly Op[]): Promise<void> {
  const handle = spawn(agentProcess('watched', () => branch('inner', () => runAll(body))))
  bubble(handle, { source: 'watched' })
  const seen: string[] = []
  for await (const event of handle.events) seen.push(event.type)
  emit('seen', seen)
}

async function runAgent(op: Extract<Op, { do: 'agent' }>): Promise<void> {
  // Random suffixes are what people write; they must come out the same again.
  const name = `a${Math.random().toString(36).slice(2, 10)}`
  const made = await agent(name)
  const { agents } = requireScope('test').run
  const other = [...agents.keys()].find((known) => known !== name)
  if (other) connect(name, other, { direction: 'forward' })
  let calls = 0
  for (const tool of ['tool0', 'tool1']) {
    made.on(tool, { input: { type: 'object', properties: { n: { type: 'number' } } } }, async ({ n }) => {
      calls += 1
      await runAll(op.onTool)
      if (calls === 3) done({ calls })
      if (calls === 5) fail('many calls')
      return `${name} ${String(n)} ${calls}`
    })
  }
  for (let k = 0; k < op.messages; k += 1) await made.send(`message ${k}`)
  emit('waited', (await Promise.race([wait(), sleep(5)]).catch((error) => (error as Error).message)) ?? null)
}
