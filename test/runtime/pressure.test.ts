import { execFile } from 'node:child_process'
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { jsonlStore } from '../../src/log/jsonl.ts'
import type { WriteBytes } from '../../src/log/jsonl-writer.ts'
import { agent } from '../../src/runtime/agent.ts'
import { scripted } from '../../src/runtime/driver-choice.ts'
import { done, emit, wait } from '../../src/runtime/process.ts'
import { liveInbox } from '../../src/runtime/rim.ts'
import { agentFileOf } from './external-client.ts'
import { record, start, temporaryHome } from './harness.ts'

const FLOOD = fileURLToPath(new URL('programs/flood-client.ts', import.meta.url))

describe('a slow disk', () => {
  test('slows a client that floods the run: little of it waits here, nothing is lost, the order is kept', { timeout: 60_000 }, async () => {
    const calls = 2_500
    const home = temporaryHome()
    const slow: WriteBytes = (fd, bytes, offset, length) => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0.3)
      return writeSync(fd, bytes, offset, length)
    }
    const live = start(
      async () => {
        const worker = await agent('worker', { driver: 'external' })
        const seen: number[] = []
        worker.on<{ n: number }>('report', { input: { type: 'object' } }, ({ n }) => {
          seen.push(n)
          if (seen.length === calls) done()
          return n
        })
        await wait()
        return seen
      },
      { home, store: jsonlStore(join(home, 'logs'), { write: slow }), reruns: false },
    )
    const file = JSON.stringify(await agentFileOf(live, 'worker'))
    const { stdout } = await promisify(execFile)(process.execPath, [FLOOD, file, String(calls), String(16 * 1024)], { maxBuffer: 2 ** 24 })
    const { results, unansweredMax } = JSON.parse(stdout) as { results: number[]; unansweredMax: number }
    const inOrder = Array.from({ length: calls }, (_, n) => n)
    expect(results).toEqual(inOrder)
    expect((await live.ended).value()).toEqual(inOrder)
    // A thousand, each of these counted twice, and what the sockets between the two processes hold.
    expect(unansweredMax).toBeLessThan(1_500)
  })
})

describe('the inbox', () => {
  test('counts a large input several times, and what was taken no more', async () => {
    const inbox = liveInbox()
    const draft = { type: 'stop_requested', by: 'world', scope: '/', data: { caller: 'test' } } as const
    inbox.push(draft)
    inbox.push(draft, 16 * 1024)
    inbox.push(draft, 1024 * 1024)
    expect(inbox.size).toBe(1 + 2 + 65)
    await inbox.next()
    await inbox.next()
    expect(inbox.size).toBe(65)
    for (let n = 0; n < 3_000; n += 1) inbox.push(draft)
    for (let n = 0; n < 3_000; n += 1) await inbox.next()
    expect(inbox.size).toBe(1)
    inbox.close()
    expect(inbox.size).toBe(0)
  })
})

describe('a tool call', () => {
  /** Writes of a run in which an agent calls a tool so many times. */
  const writesOf = async (calls: number): Promise<number> => {
    const home = temporaryHome()
    let writes = 0
    const counted: WriteBytes = (fd, bytes, offset, length) => {
      writes += 1
      return writeSync(fd, bytes, offset, length)
    }
    const main = async () => {
      const worker = await agent('worker', {
        driver: scripted(async (me) => {
          for (let n = 0; n < calls; n += 1) await me.call('work', { n })
          await me.call('finish')
        }),
      })
      worker.on('work', { input: { type: 'object' } }, async () => {
        emit('begun')
        await Promise.resolve()
        emit('half done')
        for (let n = 0; n < 20; n += 1) await Promise.resolve()
        return 'done'
      })
      worker.on('finish', () => done())
      return wait()
    }
    const run = await record(main, { home, store: jsonlStore(join(home, 'logs'), { write: counted }) })
    expect(run.of('tool_result')).toHaveLength(calls + 1)
    return writes
  }

  test('is one write to the file with all that it leads to in its turn', async () => {
    expect((await writesOf(60)) - (await writesOf(10))).toBe(50)
  })
})
