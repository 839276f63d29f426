/**
 * Time and chance inside a process. The globals are patched once; each patch looks for a scope and leaves everything as
 * it was where there is none. docs/DESIGN.md lists what is virtual and what is not.
 */
import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import timersModule from 'node:timers'
import timersPromises from 'node:timers/promises'
import { guardIo } from './guard.ts'
import { real } from './outside.ts'
import { type Scope, scopeNow } from './scope.ts'
import { virtualTimers, virtualTimersPromises } from './virtual-timers.ts'

let patched = false
let guarded = false

/**
 * Patches clock, dice and timers of this Node process, once: when this package is loaded, so that what a program keeps of
 * them, `const { now } = Date`, is patched as well. What was kept before that nobody can reach.
 */
function patchTimeAndChance(): void {
  if (patched) return
  patched = true
  patchClock()
  patchDice()
  const timers = virtualTimers({ ...timersModule })
  Object.assign(timersModule, timers)
  Object.assign(globalThis, timers)
  Object.assign(timersPromises, virtualTimersPromises({ ...timersPromises }, timersPromises.scheduler))
  patchAbortTimeout()
  syncBuiltinESMExports()
}

/** Patches what a run needs, once: I/O is watched from the first run on. */
export function patchGlobals(): void {
  patchTimeAndChance()
  if (guarded) return
  guarded = true
  guardIo()
}

/** The virtual time of the running code, or the real one outside of every process. */
function now(): number {
  return scopeNow()?.run.clockMs ?? real.now()
}

function patchClock(): void {
  const RealDate = Date
  const VirtualDate: DateConstructor = new Proxy(RealDate, {
    construct: (target, args, newTarget) => {
      const given = args.length === 0 && scopeNow() ? [now()] : args
      return Reflect.construct(target, given, newTarget === VirtualDate ? target : newTarget)
    },
    apply: (target, self, args) => (scopeNow() ? new RealDate(now()).toString() : Reflect.apply(target, self, args)),
  })
  // On Date itself, so that a test may still put its own there.
  RealDate.now = now
  RealDate.prototype.constructor = VirtualDate
  globalThis.Date = VirtualDate
  const realPerformanceNow = performance.now.bind(performance)
  Object.defineProperty(performance, 'now', {
    configurable: true,
    writable: true,
    value: () => {
      const run = scopeNow()?.run
      return run ? run.clockMs - run.startedMs : realPerformanceNow()
    },
  })
  patchHrtime()
}

/** Counts from the start of the run, as `performance.now` does. */
function patchHrtime(): void {
  const realHrtime = process.hrtime
  const realBigint = realHrtime.bigint.bind(realHrtime)
  const hrtime = (since?: [number, number]): [number, number] => {
    const run = scopeNow()?.run
    return run ? hrtimeOf(run.clockMs - run.startedMs, since) : realHrtime(since)
  }
  const bigint = () => {
    const run = scopeNow()?.run
    return run ? BigInt(run.clockMs - run.startedMs) * 1_000_000n : realBigint()
  }
  process.hrtime = Object.assign(hrtime, { bigint })
}

/** Seconds and nanoseconds, less those of an earlier moment. */
function hrtimeOf(ms: number, [seconds, nanos]: [number, number] = [0, 0]): [number, number] {
  const [whole, rest] = [Math.floor(ms / 1000) - seconds, (ms % 1000) * 1e6 - nanos]
  return rest < 0 ? [whole - 1, rest + 1e9] : [whole, rest]
}

function patchDice(): void {
  const { random } = Math
  Math.random = () => scopeNow()?.dice.float() ?? random()
  const { randomUUID, randomBytes, randomInt, randomFillSync, randomFill } = crypto
  const webGet = crypto.webcrypto.getRandomValues.bind(crypto.webcrypto)
  const webUuid = crypto.webcrypto.randomUUID.bind(crypto.webcrypto)
  const fill = <T extends ArrayBufferView | null>(scope: Scope, array: T): T => {
    if (array) scope.dice.fill(new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
    return array
  }
  const bytes = (scope: Scope, size: number) => scope.dice.fill(Buffer.alloc(size)) as Buffer
  const getRandomValues = (<T extends ArrayBufferView | null>(array: T): T => {
    const scope = scopeNow()
    return scope ? fill(scope, array) : (webGet(array as never) as T)
  }) as typeof webGet
  crypto.randomUUID = (options) => (scopeNow()?.dice.uuid() as ReturnType<typeof randomUUID> | undefined) ?? randomUUID(options)
  crypto.randomBytes = ((size: number, callback?: (error: Error | null, bytes: Buffer) => void) => {
    const scope = scopeNow()
    if (!scope) return callback ? randomBytes(size, callback) : randomBytes(size)
    const made = bytes(scope, size)
    if (!callback) return made
    queueMicrotask(() => callback(null, made))
    return undefined
  }) as typeof randomBytes
  crypto.randomInt = ((...args: [number, number?, ((error: Error | null, value: number) => void)?]) => {
    const scope = scopeNow()
    if (!scope) return (randomInt as (...given: unknown[]) => unknown)(...args)
    const callback = args.find((arg) => typeof arg === 'function') as ((error: Error | null, value: number) => void) | undefined
    const [low, high] = typeof args[1] === 'number' ? [args[0], args[1]] : [0, args[0]]
    const value = low + Math.floor(scope.dice.float() * (high - low))
    if (!callback) return value
    queueMicrotask(() => callback(null, value))
    return undefined
  }) as typeof randomInt
  crypto.randomFillSync = ((array: ArrayBufferView | ArrayBuffer, offset?: number, size?: number) => {
    const scope = scopeNow()
    if (!scope) return (randomFillSync as (...given: unknown[]) => unknown)(array, offset, size)
    scope.dice.fill(part(array, offset, size))
    return array
  }) as typeof randomFillSync
  crypto.randomFill = ((array: ArrayBufferView | ArrayBuffer, ...rest: unknown[]) => {
    const scope = scopeNow()
    if (!scope) return (randomFill as (...given: unknown[]) => unknown)(array, ...rest)
    const callback = rest.pop() as (error: Error | null, array: unknown) => void
    scope.dice.fill(part(array, ...(rest as number[])))
    queueMicrotask(() => callback(null, array))
    return undefined
  }) as typeof randomFill
  const web = Object.getPrototypeOf(globalThis.crypto) as object
  define(web, 'getRandomValues', getRandomValues)
  define(web, 'randomUUID', () => scopeNow()?.dice.uuid() ?? webUuid())
}

/** The bytes that randomFill is asked for; its offset and size count elements, as in Node. */
function part(array: ArrayBufferView | ArrayBuffer, offset = 0, size?: number): Uint8Array {
  if (array instanceof ArrayBuffer) return new Uint8Array(array, offset, size)
  const { BYTES_PER_ELEMENT: width = 1 } = array as { BYTES_PER_ELEMENT?: number }
  return new Uint8Array(
    array.buffer,
    array.byteOffset + offset * width,
    size === undefined ? array.byteLength - offset * width : size * width,
  )
}

function patchAbortTimeout(): void {
  const realTimeout = AbortSignal.timeout.bind(AbortSignal)
  AbortSignal.timeout = (ms: number) => {
    if (!scopeNow()) return realTimeout(ms)
    const controller = new AbortController()
    setTimeout(() => controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError')), ms)
    return controller.signal
  }
}

function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { configurable: true, writable: true, enumerable: true, value })
}

patchTimeAndChance()
