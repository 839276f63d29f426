import { readdirSync, readFileSync } from 'node:fs'
import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import type { Entry } from '../../src/log/events.ts'
import { NOTE_TYPES, reasonOf } from '../../src/projections/reason.ts'
import { anyLog } from './arbitrary.ts'
import { runStarted, writer } from './entries.ts'

const RECORDINGS = new URL('../recordings/v1/', import.meta.url)

function recording(name: string): Entry[] {
  const text = readFileSync(new URL(`${name}/events.jsonl`, RECORDINGS), 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Entry)
}

const notesOf = (log: readonly Entry[]) => log.filter(({ type }) => (NOTE_TYPES as readonly string[]).includes(type))

/** The chain from an entry back to where it began, as `<how> <seq>`. */
function chain(log: readonly Entry[], from: number): string[] {
  const notes = notesOf(log)
  const links: string[] = []
  for (let entry = log[from - 1]; entry; ) {
    const reason = reasonOf(entry, notes)
    if (reason === null) break
    links.push(`${reason.link === 'recorded' ? '─' : '┄'}${reason.seq}`)
    entry = log[reason.seq - 1]
  }
  return links
}

describe('the reason of an entry', () => {
  test.prop([anyLog, fc.array(fc.nat({ max: 200 }))])(
    'is older than it, is in the log, and is recorded exactly when the log says so',
    (log, causes) => {
      const wild = log.map((entry, index): Entry => (causes[index] === undefined ? entry : { ...entry, cause: causes[index] as number }))
      const notes = notesOf(wild)
      for (const entry of wild) {
        const reason = reasonOf(entry, notes)
        if (reason === null) continue
        expect(reason.seq).toBeLessThan(entry.seq)
        expect(reason.why === null).toBe(reason.link === 'recorded')
        if (reason.link === 'recorded') expect(reason.seq).toBe(entry.cause)
      }
    },
  )

  test.prop([anyLog])('leads back to the first entry, from wherever one starts', (log) => {
    const known = log.filter(({ type }) => (type as string) !== 'from_the_future')
    for (const entry of known.filter(({ cause }) => cause === undefined)) {
      const links = chain(log, entry.seq)
      if (entry.seq > 1) expect(links.at(-1)).toMatch(/^[─┄]1$/)
    }
  })

  it.for(readdirSync(RECORDINGS))('of every entry of %s is known, but of the first', (name) => {
    const log = recording(name)
    const notes = notesOf(log)
    expect(log.filter((entry) => reasonOf(entry, notes) === null).map(({ seq }) => seq)).toEqual([1])
  })
})

describe('why a run ended', () => {
  it('is the fail() that was called, not the clean-up that was recorded as its cause', () => {
    const log = recording('build-and-review-fails')
    expect(log[49]).toMatchObject({ type: 'process_failed', cause: 47 })
    expect(chain(log, 51).slice(0, 4)).toEqual(['┄50', '┄41', '─40', '─37'])
  })

  it('is the agent that a child lost, through the failures that were handed on', () => {
    expect(chain(recording('worker-pool-deserted'), 27).slice(0, 4)).toEqual(['┄26', '┄19', '┄16', '─14'])
    expect(chain(recording('dispatcher-expert-crashes'), 59).slice(0, 3)).toEqual(['┄58', '┄43', '┄38'])
  })

  it('is the first done(), or what was in hand when the process began to end', () => {
    expect(chain(recording('build-and-review'), 51).slice(0, 3)).toEqual(['┄50', '┄41', '─40'])
    // Its processes return by themselves: the cause that was recorded is the goodbye of the last agent.
    const log = recording('fan-out')
    const [end, decisive] = chain(log, 58)
    expect([end, log[Number(decisive?.slice(1)) - 1]?.type]).toEqual(['┄57', 'tool_call'])
  })

  it('is its time being up, or somebody who asked it to stop', () => {
    const { write, entries } = writer()
    const ROOT = '/review#0'
    write(runStarted())
    write({ type: 'process_spawned', by: 'program', scope: ROOT, data: { process: 'review', args: [], mode: 'call' } })
    write({ type: 'timer_set', by: 'program', scope: ROOT, data: { timer: 'timeout:0', ms: 10 } })
    write({ type: 'timer_fired', by: 'world', scope: ROOT, cause: 3, data: { timer: 'timeout:0' } })
    const error = { name: 'TimeoutError', code: 'ERR_TIMEOUT', message: 'late' }
    write({ type: 'process_failed', by: 'program', scope: ROOT, cause: 4, data: { error } })
    write({ type: 'run_ended', by: 'runtime', scope: '/', data: { outcome: 'timed_out', error, duration_ms: 10 } })
    expect(chain(entries, 6)).toEqual(['┄5', '┄4', '─3', '┄2', '┄1'])

    const stopped = entries.slice(0, 3)
    const at = { time: entries[3]?.time ?? '', by: 'program', scope: ROOT } as const
    stopped.push({ ...at, seq: 4, type: 'stop_requested', by: 'world', scope: '/', data: { caller: 'cli' } })
    stopped.push({ ...at, seq: 5, type: 'process_cancelled', data: { reason: 'enough', by: 'cli' } })
    expect(chain(stopped, 5)[0]).toBe('┄4')
  })

  it('is not a fail() whose reason the end does not give', () => {
    const log = recording('build-and-review-fails').map((entry) =>
      entry.type === 'process_failed' ? { ...entry, data: { error: { name: 'Error', message: 'something else' } } } : entry,
    )
    expect(chain(log, 50)[0]).not.toBe('┄41')
  })
})
