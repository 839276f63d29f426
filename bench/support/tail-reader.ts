/**
 * Sees the entries of tail-writer.ts as they come: `node tail-reader.ts <poll | follow | wake | push> <home> <run> <count>` prints
 * how long after its time each of them was seen, in microseconds. The first ones warm it up.
 */
import { openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { jsonlStore } from '../../src/log/jsonl.ts'
import { control } from '../../src/wire/control-client.ts'
import { wakes } from '../../src/wire/wakes.ts'

const WARM_UP = 100
const [mode = '', home = '', run = '', count = '0'] = process.argv.slice(2)
const logs = join(home, 'logs')
const socket = join(home, 'runtimes', `${run}.sock`)
const latenciesUs: number[] = []
const startedNs = process.hrtime.bigint()

/** True once there are enough. What was written before anybody looked is history. */
function saw(ns: string): boolean {
  if (BigInt(ns) < startedNs) return false
  latenciesUs.push(Number(process.hrtime.bigint() - BigInt(ns)) / 1000)
  return latenciesUs.length >= Number(count) + WARM_UP
}

if (mode === 'follow' || mode === 'wake') {
  const options = mode === 'wake' ? { bell: wakes(socket) } : {}
  for await (const item of jsonlStore(logs).follow(run, options)) if ('seq' in item && item.type === 'emit' && saw(nsOf(item.data))) break
} else if (mode === 'push') {
  const entries = control(socket).follow(0) as AsyncIterable<{ readonly type?: string; readonly data?: unknown }>
  for await (const { type, data } of entries) if (type === 'emit' && saw(nsOf(data))) break
} else poll()
console.log(JSON.stringify(latenciesUs.slice(WARM_UP)))
process.exit()

/** Asks for more bytes without ever sleeping: nothing sees a line earlier, and nothing costs more. */
function poll(): void {
  const fd = openSync(join(logs, run, 'events.jsonl'), 'r')
  const buffer = Buffer.alloc(1024 * 1024)
  for (let [offset, rest] = [0, '']; ; ) {
    const read = readSync(fd, buffer, 0, buffer.length, offset)
    offset += read
    const lines = (rest + buffer.toString('utf8', 0, read)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (saw(nsOf((JSON.parse(line) as { readonly data: unknown }).data))) return
  }
}

function nsOf(data: unknown): string {
  return (data as { readonly data: { readonly ns: string } }).data.ns
}
