/** A run that says the time 200 times a second, until it is told to stop: `node tail-writer.ts <logs> <run>`. */
import { runLog } from '../../src/log/append.ts'
import { jsonlStore } from '../../src/log/jsonl.ts'
import { redactor } from '../../src/log/redact.ts'

const [logs = '', run = ''] = process.argv.slice(2)
const store = jsonlStore(logs)
const log = runLog({ store, run, writer: store.create(run), clock: Date.now, redact: redactor({}) })

/** The monotonic clock of the machine, which all its processes share. */
function say(): void {
  const data = { event: 'tick', data: { ns: process.hrtime.bigint().toString(), text: 'x'.repeat(150) } }
  log.append({ type: 'emit', by: 'program', scope: '/ticks#0', data })
  log.flush()
}

say()
const ticking = setInterval(say, 5)
process.on('disconnect', () => {
  clearInterval(ticking)
  void log.close()
})
process.send?.('ready')
