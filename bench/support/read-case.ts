/** One case of bench/read.ts in a process of its own: `node read-case.ts <logs> <run> <case>` prints what it took. */
import { closeSync, fstatSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { decodeEntry } from '../../src/log/codec.ts'
import { jsonlStore } from '../../src/log/jsonl.ts'
import { blocksForward, linesForward } from '../../src/log/lines.ts'
import { foldItem, nothingFolded } from '../../src/projections/folded.ts'

export interface Took {
  readonly wallMs: number
  readonly cpuMs: number
  readonly rssMb: number
  /** How many lines, blocks or entries went by. */
  readonly count: number
}

const [logs = '', run = '', name = ''] = process.argv.slice(2)
const store = jsonlStore(logs)

const CASES: { readonly [name: string]: () => number | Promise<number> } = {
  blocks: () => withFile((fd, size) => countOf(blocksForward(fd, 0, size))),
  parse: () =>
    withFile((fd, size) => {
      let count = 0
      for (const { bytes, start, end } of linesForward(fd, 0, size))
        count += decodeEntry(bytes.toString('utf8', start, end)).seq > 0 ? 1 : 0
      return count
    }),
  async skim() {
    let count = 0
    for await (const batch of store.skim(run)) count += countOf(batch)
    return count
  },
  async fold() {
    const folded = nothingFolded()
    for await (const batch of store.skim(run)) for (const item of batch) foldItem(folded, item)
    return folded.state.run.eventsCount
  },
  async 'parse and fold'() {
    const folded = nothingFolded()
    for await (const item of store.read(run)) foldItem(folded, item)
    return folded.state.run.eventsCount
  },
}

const cpuBefore = process.cpuUsage()
const startedMs = performance.now()
const count = (await CASES[name]?.()) ?? 0
const wallMs = performance.now() - startedMs
const cpu = process.cpuUsage(cpuBefore)
const took: Took = { wallMs, cpuMs: (cpu.user + cpu.system) / 1000, rssMb: process.resourceUsage().maxRSS / 1024, count }
console.log(JSON.stringify(took))

function withFile<T>(use: (fd: number, size: number) => T): T {
  const fd = openSync(join(logs, run, 'events.jsonl'), 'r')
  try {
    return use(fd, fstatSync(fd).size)
  } finally {
    closeSync(fd)
  }
}

function countOf(items: Iterable<unknown>): number {
  let count = 0
  for (const _ of items) count += 1
  return count
}
