/** Entries by hand: `write` gives each draft its seq and a time some milliseconds after the one before. */
import type { Draft, Entry } from '../../src/log/events.ts'

const START_MS = Date.UTC(2026, 10, 21, 9, 40, 0)

export function writer() {
  const entries: Entry[] = []
  const asSeq = new Map<string, number>()
  let nowMs = START_MS
  return {
    entries,
    /** Appends `draft` `afterMs` after the last one; entries of an agent get its next `aseq`. */
    write(draft: Draft, afterMs = 10): Entry {
      nowMs += afterMs
      const aseq = draft.agent === undefined ? undefined : (asSeq.get(draft.agent) ?? 0) + 1
      if (draft.agent !== undefined && aseq !== undefined) asSeq.set(draft.agent, aseq)
      const place = { seq: entries.length + 1, time: new Date(nowMs).toISOString(), ...(aseq === undefined ? {} : { aseq }) }
      // A draft with its place is an entry: the union is the same.
      const entry = { ...place, ...draft } as Entry
      entries.push(entry)
      return entry
    },
  }
}

export function runStarted(process = 'review'): Draft {
  return {
    type: 'run_started',
    by: 'runtime',
    scope: '/',
    data: {
      v: 1,
      run: 'brisk-otter-4q7m2xk9',
      ramure: '0.1.0',
      flags: [],
      seed: '0'.repeat(32),
      process,
      root: 0,
      args: ['fizzbuzz'],
      summary: null,
      program: '/work/review.ts',
      argv: ['node', 'review.ts'],
      cwd: '/work',
      pid: 4242,
      host: 'here',
      node: 'v24.0.0',
      tz: 'UTC',
      server_url: 'ws://127.0.0.1:7000',
      code: { commit: null, dirty: null, files: {} },
      parent: null,
    },
  }
}
