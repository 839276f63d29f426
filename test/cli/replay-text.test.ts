import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { painter } from '../../src/cli/paint.ts'
import { replayCommands } from '../../src/cli/replay-commands.ts'
import { replayText } from '../../src/cli/replay-text.ts'
import { displayWidth } from '../../src/cli/text.ts'
import type { Divergence, DivergenceClass, Verdict } from '../../src/replay/verdict.ts'

const program = fileURLToPath(new URL('../fixtures/edited-program.ts', import.meta.url))
const scope = '/review#0/on:tool(reviewer,reject)#0'
const site = (line: number) => ({ file: program, line, column: 30 })
const side = (type: string, data: object, agent: string | null = null) => ({ type, label: agent ?? '', agent, data: data as never })
const fix = side('message', { text: 'Fix: 15 prints Fizz', delivery: 'steer' }, 'builder')
const because: Divergence['because'] = [
  { seq: 23, type: 'tool_call', by: 'world', label: 'reviewer', agent: 'reviewer', data: { call_id: '1', tool: 'reject', params: {} } },
  { seq: 19, type: 'message', by: 'program', label: 'reviewer', agent: 'reviewer', data: { text: 'Review', delivery: 'steer' } },
  { seq: 17, type: 'tool_call', by: 'world', label: 'builder', agent: 'builder', data: { call_id: '2', tool: 'submit', params: {} } },
]
const after: Divergence['after'] = { seq: 21, type: 'message', label: 'reviewer', site: site(8) }
const base: Divergence = { class: 'extra', scope, seq: 24, recorded: fix, now: null, changes: [], site: site(9), after, because }

const divergences: Readonly<Record<DivergenceClass, Divergence>> = {
  extra: { ...base, now: side('fail', { reason: 'too many rounds' }) },
  missing: { ...base, class: 'missing', site: null },
  changed: {
    ...base,
    class: 'changed',
    now: side('message', { text: 'Fix this: 15 prints Fizz', delivery: 'steer' }, 'builder'),
    changes: [{ path: 'text', recorded: 'Fix: 15 prints Fizz', now: 'Fix this: 15 prints Fizz' }],
    site: site(10),
  },
  reordered: { ...base, class: 'reordered', now: fix, site: site(10) },
  outcome: {
    ...base,
    class: 'outcome',
    scope: '/review#0',
    recorded: side('process_done', { result: { lines: 12 } }),
    now: side('process_failed', { error: { name: 'ExecutionFailed', message: 'too many rounds' } }),
  },
  leak: {
    ...base,
    class: 'leak',
    recorded: null,
    now: side('warning', { code: 'ERR_IO_IN_REPLAY', message: 'fetch() was refused: nothing recorded what it answered.' }),
  },
  stuck: { ...base, class: 'stuck', now: { ...side('wait', {}), label: 'done() or fail()' }, site: site(13) },
}

const verdict = (of: Partial<Verdict> = {}): Verdict => ({
  v: 1,
  verdict: 'diverged',
  run: 'brisk-otter-3f9a22c1',
  process: 'review',
  program,
  recorded: { entries: 38, inputs: 15, outputs: 22, outcome: 'completed', duration_ms: 4100 },
  rerun: { delivered: 9, matched: 14, ended: false },
  started: { agents: 0, network: 0, effects: 0 },
  divergences: [divergences.extra],
  waiting: [
    { scope: '/review#0', kind: 'wait', label: 'done() or fail()', seq: null, since: null, site: site(13) },
    { scope, kind: 'step', label: 'lint', seq: 22, since: '2026-11-21T09:41:03.123Z', site: site(10) },
  ],
  code: { known: true, commit: '4be1f0c2d5', changed: ['edited-program.ts'] },
  cause: 'code_change',
  reruns: 'agree',
  suspects: [],
  reason: null,
  ...of,
})

const text = (of: Verdict, width: number | null, colour = false) => replayText(of, { width, paint: painter(colour), tookMs: 31 })

const shown: Readonly<Record<string, Verdict>> = {
  ...Object.fromEntries(Object.entries(divergences).map(([name, each]) => [name, verdict({ divergences: [each] })])),
  'code unchanged': verdict({
    code: { known: true, commit: '4be1f0c2d5', changed: [] },
    cause: 'nondeterminism',
    reruns: 'disagree',
    suspects: [{ what: 'fetch()', site: `${program}:9:5` }],
  }),
  identical: verdict({
    verdict: 'identical',
    divergences: [],
    waiting: [],
    cause: null,
    reruns: null,
    rerun: { delivered: 15, matched: 22, ended: true },
  }),
  'ends early': verdict({
    verdict: 'identical',
    divergences: [],
    cause: null,
    reruns: null,
    recorded: { entries: 25, inputs: 9, outputs: 14, outcome: null, duration_ms: 900 },
  }),
  'cannot tell': verdict({
    verdict: 'cannot_tell',
    divergences: [],
    waiting: [],
    reason: {
      code: 'ERR_PROGRAM_NOT_FOUND',
      message: 'The program /srv/build/main.ts is not there any more.',
      hint: 'Name the program with --program <file>.',
    },
  }),
}

describe('the report of a replay', () => {
  it('names what comes next by the words that the recording was named by', () => {
    const next = (name: string, options: Parameters<typeof replayCommands>[1] = {}) =>
      replayText(verdict(), { width: 80, paint: painter(false), tookMs: 31, commands: replayCommands(name, options) })
        .split('\n')
        .filter((line) => line.includes('ramure '))
        .map((line) => line.trim().replace(/^next {2}/, ''))
    expect(next('test/recordings/login')).toEqual([
      'ramure replay test/recordings/login --inspect 24',
      'ramure replay test/recordings/login --lenient',
      'ramure show test/recordings/login 24',
      'ramure replay test/recordings/login --accept',
    ])
    expect(next('brisk-otter', { logDir: "/tmp/bob's logs", program: 'other.ts', set: ['3={"a": 1}'] })).toEqual([
      `ramure replay brisk-otter --log-dir '/tmp/bob'\\''s logs' --program other.ts --set '3={"a": 1}' --inspect 24`,
      `ramure show brisk-otter 24 --log-dir '/tmp/bob'\\''s logs'`,
    ])
  })

  it.for([60, 80, 120, null])('fits %s columns', async (width) => {
    const all = Object.entries(shown).map(([name, each]) => `# ${name}\n${text(each, width)}\n`)
    await expect(all.join('\n')).toMatchFileSnapshot(`golden/replay-${width ?? 'piped'}.txt`)
  })

  it('marks with colour what it also says in words', async () => {
    const coloured = text(verdict(), 80, true)
    await expect(coloured).toMatchFileSnapshot('golden/replay-80-colour.txt')
    expect(coloured.replaceAll(/\u001b\[[\d;]*m/g, '')).toBe(text(verdict(), 80))
  })

  it.for(Object.entries(shown))('is one screen, and every command in it is whole: %s', ([, each]) => {
    const lines = text(each, 80).split('\n')
    expect(lines.length).toBeLessThanOrEqual(30)
    for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(80)
    for (const width of [60, 80, 120]) {
      const commands = (of: string) => of.match(/ramure (replay|show) brisk-otter[-\w ]*?(?= {2}|$)/gm)
      expect(commands(text(each, width))).toEqual(commands(text(each, null)))
    }
  })

  it('says nothing that a terminal would obey', () => {
    const hostile = '\u001b]0;owned\u0007\u202e'
    const evil = { ...divergences.extra, scope: `/x${hostile}`, now: side('emit', { event: hostile, data: hostile }) }
    expect(text(verdict({ divergences: [evil] }), 80)).not.toMatch(/[\u001b\u0007\u202e]/)
  })
})
