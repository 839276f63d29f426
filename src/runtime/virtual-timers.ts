/** Timers of code that runs in a process: recorded, and fired by the log. Outside of a process Node's own are used. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type * as promises from 'node:timers/promises'
import { type Scope, scopeNow } from './scope.ts'
import { setTimer } from './timer.ts'

type Callback = (...args: unknown[]) => void
type RealTimers = Pick<
  typeof globalThis,
  'setTimeout' | 'clearTimeout' | 'setInterval' | 'clearInterval' | 'setImmediate' | 'clearImmediate'
>

/** A timer handle as Node's own, for a timer of the run. `ref` and `unref` do nothing: a run keeps its process alive. */
export class VirtualTimer {
  readonly #arm: () => () => void
  #clear: (() => void) | null

  constructor(arm: (timer: VirtualTimer) => () => void) {
    this.#arm = () => arm(this)
    this.#clear = null
    this.refresh()
  }

  refresh(): this {
    this.#clear?.()
    this.#clear = this.#arm()
    return this
  }

  close(): this {
    this.#clear?.()
    this.#clear = null
    return this
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  hasRef(): boolean {
    return true
  }

  [Symbol.dispose](): void {
    this.close()
  }
}

export function virtualTimers(real: RealTimers) {
  const clear = (realClear: (timer: never) => void) => (timer: unknown) => {
    if (timer instanceof VirtualTimer) timer.close()
    else realClear(timer as never)
  }
  const once = (label: string, fallback: Callback) =>
    function timer(callback: Callback, ms?: number, ...args: unknown[]): unknown {
      const scope = scopeNow()
      if (!scope) return (fallback as (...given: unknown[]) => unknown)(callback, ms, ...args)
      return label === 'setInterval' ? interval(scope, callback, ms ?? 1, args) : timeout(scope, label, callback, ms ?? 1, args)
    }
  const immediate = (callback: Callback, ...args: unknown[]): unknown => {
    const scope = scopeNow()
    return scope ? timeout(scope, 'setImmediate', callback, 1, args) : real.setImmediate(callback, ...args)
  }
  // util.promisify(setTimeout) finds these; they are the functions of node:timers/promises.
  const keep = (made: unknown, original: object) => Object.defineProperties(made as object, symbolsOf(original))
  return {
    setTimeout: keep(once('setTimeout', real.setTimeout as Callback), real.setTimeout),
    setInterval: keep(once('setInterval', real.setInterval as Callback), real.setInterval),
    setImmediate: keep(immediate, real.setImmediate),
    clearTimeout: clear(real.clearTimeout),
    clearInterval: clear(real.clearInterval),
    clearImmediate: clear(real.clearImmediate),
  }
}

function symbolsOf(original: object): PropertyDescriptorMap {
  const symbols = Object.getOwnPropertySymbols(original)
  return Object.fromEntries(symbols.map((symbol) => [symbol, Object.getOwnPropertyDescriptor(original, symbol)])) as PropertyDescriptorMap
}

function timeout(scope: Scope, label: string, callback: Callback, ms: number, args: unknown[]): VirtualTimer {
  mustBeFunction(callback)
  return new VirtualTimer(() => arm(scope, label, ms, () => callback(...args)))
}

/** A timer set after the end of its process never fires, as if the process were gone. */
function arm(scope: Scope, label: string, ms: number, callback: () => void): () => void {
  // Bound, so that the program's own AsyncLocalStorage reaches the callback as it does in Node.
  return scope.process?.phase === 'running' ? setTimer(scope, label, ms, AsyncLocalStorage.bind(callback)) : () => {}
}

/** As in Node: at once, not when the timer fires. */
function mustBeFunction(callback: unknown): void {
  if (typeof callback === 'function') return
  throw Object.assign(new TypeError('The "callback" argument must be of type function.'), { code: 'ERR_INVALID_ARG_TYPE' })
}

function interval(scope: Scope, callback: Callback, ms: number, args: unknown[]): VirtualTimer {
  mustBeFunction(callback)
  return new VirtualTimer((timer) =>
    arm(scope, 'setInterval', ms, () => {
      timer.refresh()
      callback(...args)
    }),
  )
}

/** The functions of node:timers/promises. `scheduler` is patched in place: others may hold it. */
export function virtualTimersPromises(
  real: Pick<typeof promises, 'setTimeout' | 'setImmediate' | 'setInterval'>,
  scheduler: typeof promises.scheduler,
) {
  const wait = (label: string, ms: number, value: unknown, signal: AbortSignal | undefined) => {
    const scope = scopeNow()
    if (!scope) return null
    return pause(scope, label, ms, signal, value)
  }
  const setTimeoutPromise = (ms?: number, value?: unknown, options?: { signal?: AbortSignal }) =>
    wait('setTimeout', ms ?? 1, value, options?.signal) ?? real.setTimeout(ms, value, options)
  const setImmediatePromise = (value?: unknown, options?: { signal?: AbortSignal }) =>
    wait('setImmediate', 1, value, options?.signal) ?? real.setImmediate(value, options)
  const schedulerWait = scheduler.wait.bind(scheduler)
  const schedulerYield = scheduler.yield.bind(scheduler)
  Object.defineProperties(scheduler, {
    wait: {
      configurable: true,
      value: (ms: number, options?: { signal?: AbortSignal }) =>
        wait('setTimeout', ms, undefined, options?.signal) ?? schedulerWait(ms, options),
    },
    yield: { configurable: true, value: () => wait('setImmediate', 1, undefined, undefined) ?? schedulerYield() },
  })
  return {
    setTimeout: setTimeoutPromise,
    setImmediate: setImmediatePromise,
    setInterval: (ms?: number, value?: unknown, options?: { signal?: AbortSignal }) => {
      const scope = scopeNow()
      return scope ? ticks(scope, ms ?? 1, value, options?.signal) : real.setInterval(ms, value, options)
    },
  }
}

async function* ticks(scope: Scope, ms: number, value: unknown, signal: AbortSignal | undefined): AsyncGenerator<unknown> {
  for (;;) {
    yield await pause(scope, 'setInterval', ms, signal, value)
  }
}

function pause<T>(scope: Scope, label: string, ms: number, signal: AbortSignal | undefined, value: T): Promise<T> {
  const paused = new Promise<T>((resolve, reject) => {
    const aborted = () => {
      clear()
      reject(new DOMException('The operation was aborted', { name: 'AbortError', cause: signal?.reason }))
    }
    if (signal?.aborted) {
      reject(new DOMException('The operation was aborted', { name: 'AbortError', cause: signal.reason }))
      return
    }
    const end = (settle: () => void) => {
      signal?.removeEventListener('abort', aborted)
      settle()
    }
    const ended = (error: unknown) => {
      // Nobody has to await a pause that the end of its process cuts short.
      paused.catch(() => {})
      end(() => reject(error))
    }
    const clear = setTimer(scope, label, ms, () => end(() => resolve(value)), ended)
    signal?.addEventListener('abort', aborted, { once: true })
  })
  return paused
}
