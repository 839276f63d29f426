/**
 * A run that says the time 200 times a second, until it is told to stop, to its file and to those who follow it over its control
 * socket: `node tail-writer.ts <home> <run>`.
 */
import { join } from 'node:path'
import { runLog } from '../../src/log/append.ts'
import type { Entry } from '../../src/log/events.ts'
import { jsonlStore } from '../../src/log/jsonl.ts'
import { redactor } from '../../src/log/redact.ts'
import { startControl } from '../../src/wire/control.ts'
import type { ControlHost } from '../../src/wire/host.ts'
import { register, socketPath } from '../../src/wire/registry.ts'
import { tellCpu } from './child.ts'

const [home = '', run = ''] = process.argv.slice(2)
const [logs, runtimes] = [join(home, 'logs'), join(home, 'runtimes')]
const store = jsonlStore(logs)
const log = runLog({ store, run, writer: store.create(run), clock: Date.now, redact: redactor({}) })

/** The monotonic clock of the machine, which all its processes share. */
function say(): void {
  const data = { event: 'tick', data: { ns: process.hrtime.bigint().toString(), text: 'x'.repeat(150) } }
  log.append({ type: 'emit', by: 'program', scope: '/ticks#0', data })
  log.flush()
}

async function* follow(after: number, signal: AbortSignal): AsyncGenerator<Entry> {
  for await (const item of log.follow({ after, signal })) if ('seq' in item) yield item
}

// The others are not asked for here.
const host = {
  follow,
  writtenSeq: () => log.lastSeq,
  onWritten: (listener: () => void) => log.onWritten(listener),
} as unknown as ControlHost
const socket = await socketPath(runtimes, run)
const server = await startControl(host, socket)
const started_at = new Date().toISOString()
const record = await register(runtimes, run, { pid: process.pid, server_url: null, program: null, started_at, socket })

say()
const ticking = setInterval(say, 5)
process.on('disconnect', () => {
  clearInterval(ticking)
  void log.close().then(async () => {
    await record.release()
    await server.close()
  })
})
tellCpu()
process.send?.('ready')
