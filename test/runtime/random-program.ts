/** Random concurrent programs: children, handlers, timers, steps, agents, races, all interleaved. */
import { randomInt, randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import fc from 'fast-check'
import { agent } from '../../src/runtime/agent.ts'
import type { AgentEvent } from '../../src/runtime/agent-record.ts'
import { connect } from '../../src/runtime/connect.ts'
import { branch, parallel, sleep, step } from '../../src/runtime/effects.ts'
import { expose } from '../../src/runtime/endpoint.ts'
import type { Definition } from '../../src/runtime/lifecycle.ts'
import { machine } from '../../src/runtime/machine-record.ts'
import { agentProcess, bubble, done, emit, fail, spawn, wait } from '../../src/runtime/process.ts'
import { requireScope } from '../../src/runtime/scope.ts'

/** One thing a program does. Lists run in sequence; `all` and `race` run their arms at once. */
export type Op =
  | { readonly do: (typeof SIMPLE)[number]; readonly n: number }
  | { readonly do: 'all' | 'race' | 'arms'; readonly arms: readonly (readonly Op[])[] }
  | { readonly do: (typeof NESTING)[number]; readonly body: readonly Op[]; readonly n: number }
  | { readonly do: 'agent'; readonly messages: number; readonly onTool: readonly Op[] }

const SIMPLE = [
  ...(['emit', 'time', 'random', 'sleep', 'step', 'throwing', 'callback', 'exec', 'microtasks'] as const),
  ...(['file', 'interval', 'hangingStep', 'deadline', 'expose', 'listen'] as const),
]
const NESTING = ['child', 'spawn', 'watch', 'timed', 'cancelled', 'attached', 'subscribed'] as const
/** What a generated program may do; the soak says whether each of them came about. */
export const KINDS: readonly Op['do'][] = [...SIMPLE, ...NESTING, 'all', 'race', 'arms', 'agent']

export const program: fc.Arbitrary<readonly Op[]> = fc.letrec<{ ops: readonly Op[]; op: Op }>((tie) => ({
  ops: fc.array(tie('op'), { minLength: 0, maxLength: 4, depthIdentifier: 'program' }),
  op: fc.oneof(
    { depthSize: 'small', withCrossShrink: true, depthIdentifier: 'program' },
    fc.record({ do: fc.constantFrom(...SIMPLE), n: fc.nat(7) }),
    fc.record({
      do: fc.constantFrom('all' as const, 'race' as const, 'arms' as const),
      arms: fc.array(tie('ops'), { minLength: 2, maxLength: 3 }),
    }),
    fc.record({ do: fc.constantFrom(...NESTING), body: tie('ops'), n: fc.nat(7) }),
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
    case 'file':
      return emit('file', await fileOnMachine(op.n))
    case 'interval':
      return emit('ticked', await ticks(op.n))
    case 'hangingStep':
      return emit('gave up', (await Promise.race([step('hanging', () => new Promise(() => {})), sleep(op.n)])) ?? null)
    case 'deadline':
      return aborted(AbortSignal.timeout(op.n)).then(() => emit('deadline', op.n))
    case 'expose':
      return expose(`from-outside${op.n}`, async () => (await sleep(op.n), emit('called', op.n)))
    case 'listen':
      return emit('heard', await listenTo(op.n))
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
    case 'timed':
      return agentProcess('timed', () => runAll(op.body), { timeoutMs: op.n + 1 })().catch((error: Error) =>
        emit('timed out', error.message),
      )
    case 'cancelled':
      return cancelOne(op.body, op.n)
    case 'attached':
      return attachOne(op.body, op.n)
    case 'subscribed':
      return subscribeTo(op.body)
    case 'agent':
      return runAgent(op)
  }
}

/** The world writes some, refuses some, and what it reads is its own. */
async function fileOnMachine(n: number): Promise<string> {
  const box = await machine()
  const written = await box.writeFile(`file${n}`, `text ${n}`).then(
    () => 'written',
    (error: Error) => error.message,
  )
  const read = await box.readFile(`file${n}`).then(
    (bytes) => Buffer.from(bytes).toString(),
    (error: Error) => error.message,
  )
  return `${written} ${read}`
}

function ticks(most: number): Promise<number> {
  let seen = 0
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      seen += 1
      emit('tick', seen)
      if (seen < most) return
      clearInterval(timer)
      resolve(seen)
    }, most)
  })
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
}

/** Two readers of one child: one waits for an event or a timeout, one for an event that came before. */
async function listenTo(n: number): Promise<readonly (string | null)[]> {
  const handle = spawn(
    agentProcess('heard', async () => {
      for (let k = 0; k < 4; k += 1) {
        emit(`word${k}`, k)
        await sleep(k)
      }
    }),
  )
  const next = await handle.events.listenFor(`word${n % 5}`, { timeoutMs: n + 1 })
  const first = await handle.events.listenFor(undefined, { replay: true, where: ({ data }) => data === n % 4 })
  return [next?.type ?? null, first?.type ?? null]
}

async function cancelOne(body: readonly Op[], n: number): Promise<void> {
  const handle = spawn(agentProcess('cancelled', () => runAll(body)))
  handle.result.catch(() => {})
  await sleep(n)
  const cancelling = handle.cancel(`after ${n}`)
  emit('agents of it', Object.keys(handle.agents).length)
  await cancelling
  emit('cancelled', (await handle.result.catch((error: Error) => error.message)) ?? null)
}

/** Endpoints of one process are tools of an agent of another; what they do happens in the first. */
async function attachOne(body: readonly Op[], n: number): Promise<void> {
  const service = spawn(
    agentProcess('service', async () => {
      let calls = 0
      expose('use', { input: { type: 'object', properties: { n: { type: 'number' } } } }, async () => {
        calls += 1
        await runAll(body)
        if (calls > 2) done('used up')
        return calls
      })
      expose('unused', () => null)
      return wait()
    }),
  )
  service.result.catch(() => {})
  const user = await agent(`user${Math.random().toString(36).slice(2, 8)}`)
  await Promise.race([service.events.listenFor('never', { timeoutMs: 1 }), sleep(1)])
  service.attach(user, { only: ['use'], prefix: 'x_' })
  await user.send('use it')
  await sleep(n)
  emit('served', await service.call('use', { n }).catch((error: Error) => error.message))
  await service.cancel('enough')
}

async function subscribeTo(body: readonly Op[]): Promise<void> {
  const handle = spawn(agentProcess('subscribed', () => runAll(body)))
  const stop = handle.events.subscribe(({ type }) => void (type.startsWith('event') && emit('overheard', type)), { replay: true })
  await handle.result.catch(() => {})
  stop()
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

/** A reader of the agent's own events, who decides by what it sees and whom nobody awaits. */
async function follow(events: AsyncIterable<AgentEvent>): Promise<void> {
  let seen = 0
  for await (const { type } of events) {
    seen += 1
    if (type === 'tool_call' && seen < 9) emit('saw a call', seen)
  }
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
  void follow(made.events)
  emit('waited', (await Promise.race([wait(), sleep(5)]).catch((error) => (error as Error).message)) ?? null)
}
