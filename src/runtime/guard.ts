/**
 * Notices input and output that goes past the log. Inside a process such a call is allowed and recorded as one warning
 * per call site; in a rerun it is refused, because nobody can know what it would have answered. Patched once, beside the
 * clock; code outside of every process, and the functions given to `step`, are left alone.
 *
 * It sees calls of the functions listed below. It does not see native addons, methods of file handles and sockets that
 * were opened elsewhere, or `process.env`.
 */
import childProcess from 'node:child_process'
import dgram from 'node:dgram'
import dns from 'node:dns'
import dnsPromises from 'node:dns/promises'
import fs from 'node:fs'
import fsPromises from 'node:fs/promises'
import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'
import tls from 'node:tls'
import { promisify } from 'node:util'
import workers from 'node:worker_threads'
import { RamureError } from '../log/error.ts'
import { callSite } from './call-site.ts'
import { outside } from './outside.ts'
import { type Run, warn } from './run.ts'
import { scopeNow } from './scope.ts'

type Functions = Record<string, unknown>
type Callable = (...args: unknown[]) => unknown

/** Module by module, which of its functions reach the outside. */
const WATCHED: readonly (readonly [string, object, readonly string[]])[] = [
  ['fs', fs, functionsOf(fs)],
  ['fs.promises', fsPromises, functionsOf(fsPromises)],
  ['child_process', childProcess, ['spawn', 'exec', 'execFile', 'fork', 'spawnSync', 'execSync', 'execFileSync']],
  ['net', net, ['connect', 'createConnection', 'createServer']],
  ['tls', tls, ['connect', 'createServer']],
  ['http', http, ['request', 'get', 'createServer']],
  ['https', https, ['request', 'get', 'createServer']],
  ['http2', http2, ['connect', 'createServer', 'createSecureServer']],
  ['dgram', dgram, ['createSocket']],
  ['dns', dns, functionsOf(dns).filter(isLookup)],
  ['dns.promises', dnsPromises, functionsOf(dnsPromises).filter(isLookup)],
  ['worker_threads', workers, ['Worker']],
  ['globalThis', globalThis, ['fetch', 'WebSocket', 'EventSource']],
]

let guarded = false

/** Patches the modules above, once. */
export function guardIo(): void {
  if (guarded) return
  guarded = true
  for (const [module, target, names] of WATCHED)
    for (const name of names) guard(target, name, module === 'globalThis' ? name : `${module}.${name}`)
  syncBuiltinESMExports()
}

function guard(target: object, name: string, shown: string): void {
  const descriptor = Object.getOwnPropertyDescriptor(target, name)
  if (!descriptor?.configurable) return
  const wrap = <T extends object>(original: T): T =>
    new Proxy(original, {
      apply(fn, self, args) {
        check(shown, args)
        return Reflect.apply(fn as unknown as (...given: unknown[]) => unknown, self, args)
      },
      construct(fn, args, newTarget) {
        check(shown, args)
        return Reflect.construct(fn as unknown as new () => object, args, newTarget)
      },
    })
  // Some globals load their code on first use: reading them here would load it for everybody.
  if (descriptor.get) {
    let wrapped: object | null = null
    const get = () => (wrapped ??= wrap(Reflect.apply(descriptor.get as () => object, target, [])))
    Object.defineProperty(target, name, {
      configurable: true,
      enumerable: descriptor.enumerable ?? true,
      get,
      set: (value) => (wrapped = value),
    })
  } else if (typeof descriptor.value === 'function') {
    Object.defineProperty(target, name, { ...descriptor, value: wrap(promisifiable(descriptor.value, wrap)) })
  }
}

/** `promisify(execFile)` does not call execFile but the function it finds beside it, which cannot be replaced in place. */
function promisifiable(original: Callable, wrap: (fn: Callable) => Callable): Callable {
  const custom = (original as { readonly [promisify.custom]?: unknown })[promisify.custom]
  if (typeof custom !== 'function') return original
  function shell(this: unknown, ...args: unknown[]): unknown {
    return Reflect.apply(original, this, args)
  }
  const { name, length } = original
  return Object.defineProperties(shell, {
    name: { configurable: true, value: name },
    length: { configurable: true, value: length },
    [promisify.custom]: { configurable: true, value: wrap(custom as Callable) },
  })
}

/** Records or refuses a call made inside a process. */
function check(call: string, args: readonly unknown[]): void {
  const scope = scopeNow()
  if (!scope || scope.run.io === 'allow' || isTerminal(call, args)) return
  const site = callSite()
  // Without a line of the program on the stack it is the inside of a call that was noticed already, or the module loader.
  if (site === null) return
  if (scope.run.io === 'refuse') {
    outside(warn, scope.run, scope.path, 'ERR_IO_IN_REPLAY', `${call}() was refused: nothing recorded what it answered.`, site)
    throw new RamureError('ERR_IO_IN_REPLAY', `${call}() was called at ${site} in ${scope.path}, and nothing recorded what it answered.`, {
      hint: 'Wrap it in step(name, fn), or use agent.exec and machine files; --allow-io lets it happen.',
    })
  }
  if (!isNew(scope.run, site)) return
  const message = `${call}() is not recorded: a replay cannot know what it answered. Wrap it in step(name, fn).`
  outside(warn, scope.run, scope.path, 'ERR_UNRECORDED_IO', message, site)
}

const sites = new WeakMap<Run, Set<string>>()

function isNew(run: Run, site: string): boolean {
  const known = sites.get(run) ?? new Set()
  sites.set(run, known)
  return known.size < known.add(site).size
}

/** What goes to the standard streams is for people. */
function isTerminal(call: string, args: readonly unknown[]): boolean {
  return /^fs\.(write|fsync|fstat)/.test(call) && typeof args[0] === 'number' && args[0] <= 2
}

function functionsOf(module: object): string[] {
  return Object.keys(module).filter((name) => /^[a-z]/.test(name) && typeof (module as Functions)[name] === 'function')
}

function isLookup(name: string): boolean {
  return /^(lookup|resolve|reverse)/.test(name)
}
