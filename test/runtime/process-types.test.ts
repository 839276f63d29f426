/** What the compiler makes of a process; `tsc` is what goes red here. */
import { expect, expectTypeOf, test } from 'vitest'
import { type AgentProcess, agentProcess, type ProcessHandle, spawn } from '../../src/runtime/process.ts'

test('a default gives its parameter a type, and the argument may be left out', () => {
  const process = agentProcess('x', async (spec = 'a', { rounds = 1 } = {}) => spec.length + rounds)
  expectTypeOf(process).parameters.toEqualTypeOf<[spec?: string | undefined, options?: { rounds?: number | undefined } | undefined]>()
  expectTypeOf(process).returns.toEqualTypeOf<Promise<number>>()
  // @ts-expect-error: a number is no spec.
  const wrong = () => process(5)
  expectTypeOf(() => process()).toBeFunction()
  expect(wrong).toBeTypeOf('function')
})

test('parameters with types keep them, optional and rest ones too', () => {
  const process = agentProcess('x', async (a: string, b = 5, c?: boolean, ...rest: Date[]) => ({ a, b, c, rest }))
  expectTypeOf(process).parameters.toEqualTypeOf<[a: string, b?: number | undefined, c?: boolean | undefined, ...rest: Date[]]>()
  expectTypeOf(() => spawn(process, 'a', 1)).returns.toExtend<ProcessHandle<{ a: string }>>()
  // @ts-expect-error: the first argument is missing.
  expectTypeOf(() => spawn(process)).toBeFunction()
})

test('a named function, one without a result and one that only throws are processes', () => {
  async function review(code: string): Promise<'good' | 'bad'> {
    return code === '' ? 'bad' : 'good'
  }
  expectTypeOf(agentProcess('x', review)).toEqualTypeOf<AgentProcess<[code: string], 'good' | 'bad'>>()
  expectTypeOf(agentProcess('x', async () => {})).returns.toEqualTypeOf<Promise<void>>()
  expectTypeOf(agentProcess('x', async () => Promise.reject(new Error('no')))).returns.resolves.toBeNever()
})

test('what is no function, and what gives no promise, is refused', () => {
  // @ts-expect-error: no function.
  expect(() => agentProcess('x', {})).toThrow(TypeError)
  // @ts-expect-error: no function.
  expect(() => agentProcess('x', 'text')).toThrow(TypeError)
  // @ts-expect-error: no promise.
  expect(agentProcess('x', () => 5).processName).toBe('x')
  // @ts-expect-error: a parameter without a type, as in any function.
  expect(agentProcess('x', async (spec) => spec).processName).toBe('x')
})

test('a function that makes processes of others names the types', () => {
  const logged = <A extends readonly unknown[], R>(fn: (...args: A) => Promise<R>) => agentProcess<A, R>('logged', fn)
  expectTypeOf(logged(async (a: string, b?: number) => a.length + (b ?? 0))).toEqualTypeOf<AgentProcess<[a: string, b?: number], number>>()
})
