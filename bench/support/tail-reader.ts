/**
 * Sees the entries of tail-writer.ts as they come: `node tail-reader.ts <poll | follow | push> <logs> <run> <count>` prints how long
 * after its time each of them was seen, in microseconds. The first ones warm it up.
 */
import { openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { jsonlStore } from '../../src/log/jsonl.ts'
import { control } from '../../src/wire/control-client.ts'

const WARM_UP = 100
const [mode = '', logs = '', run = '', count = '0'] = process.argv.slice(2)
const latenciesUs: number[] = []
const startedNs = process.hrtime.bigint()

/** True once there are enough. What was written before anybody looked is history. */
function saw(ns: string): boolean {
  if (BigInt(ns) < startedNs) return false
  latenciesUs.push(Number(process.hrtime.bigint() - BigInt(ns)) / 1000)
  return latenciesUs.length >= Number(count) + WARM_UP
}

if (mode === 'follow') {
  for await (const item of jsonlStore(logs).follow(run)) if ('seq' in item && item.type === 'emit' && saw(nsOf(item.data))) break
} else if (mode === 'push') {
  const entries = control(join(logs, 'push.sock')).follow(0) as AsyncIterable<{ readonly type?: string; readonly data?: unknown }>
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
