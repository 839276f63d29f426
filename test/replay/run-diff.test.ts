import { readFileSync } from 'node:fs'
import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { digest } from '../../src/log/digest.ts'
import type { Entry } from '../../src/log/events.ts'
import { type DiffStep, diffRuns, stepper } from '../../src/replay/run-diff.ts'

const RECORDINGS = new URL('../recordings/v1/', import.meta.url)

function recording(name: string): Entry[] {
  const text = readFileSync(new URL(`${name}/events.jsonl`, RECORDINGS), 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Entry)
}

function steps(log: readonly Entry[]): DiffStep[] {
  const stepOf = stepper(digest)
  return log.map(stepOf).filter((step) => step !== null)
}

/** Few names, so that many steps are alike. */
const anySteps: fc.Arbitrary<DiffStep[]> = fc
  .array(fc.record({ home: fc.constantFrom('/a', '/b'), type: fc.constantFrom('x', 'y'), digest: fc.constantFrom('1', '2', '3') }), {
    maxLength: 40,
  })
  .map((all) => all.map(({ home, type, digest: name }, index) => ({ seq: index + 1, key: `${home} ${type}`, home, digest: name })))

const numbered = (all: readonly Omit<DiffStep, 'seq'>[]): DiffStep[] => all.map((step, index) => ({ ...step, seq: index + 1 }))
const kindsOf = (a: readonly DiffStep[], b: readonly DiffStep[]) => diffRuns(a, b).differences.map(({ kind }) => kind)
const countOf = (kinds: readonly string[], kind: string) => kinds.filter((each) => each === kind).length

describe('two runs side by side', () => {
  test.prop([anySteps])('that are the same have no difference', (a) => {
    expect(diffRuns(a, a)).toEqual({
      sameCount: a.length,
      comparedCount: { a: a.length, b: a.length },
      prefixCount: a.length,
      differences: [],
    })
  })

  test.prop([anySteps, anySteps])('account for every step once', (a, b) => {
    const { differences, sameCount } = diffRuns(a, b)
    const count = (kind: string) => differences.filter((each) => each.kind === kind).length
    expect(sameCount + count('changed') + count('reordered') + count('only_a')).toBe(a.length)
    expect(sameCount + count('changed') + count('reordered') + count('only_b')).toBe(b.length)
    for (const side of ['a', 'b'] as const) {
      const named = differences.map((each) => each[side]).filter((seq) => seq !== null)
      expect(new Set(named).size).toBe(named.length)
    }
  })

  test.prop([anySteps, anySteps])('differ as much seen from the other one', (a, b) => {
    const [there, back] = [kindsOf(a, b), kindsOf(b, a)]
    expect([countOf(back, 'only_b'), countOf(back, 'only_a'), countOf(back, 'changed')]).toEqual([
      countOf(there, 'only_a'),
      countOf(there, 'only_b'),
      countOf(there, 'changed'),
    ])
  })

  test.prop([anySteps.filter(({ length }) => length > 0), fc.nat()])('where one step is missing differ in that one only', (a, pick) => {
    const at = pick % a.length
    const b = numbered(a.toSpliced(at, 1))
    expect(kindsOf(a, b)).toEqual(['only_a'])
    expect(kindsOf(b, a)).toEqual(['only_b'])
    const [difference] = diffRuns(a, b).differences
    // One of several that are alike and side by side may be told for another.
    expect(a[(difference?.a ?? 0) - 1]?.home).toBe(a[at]?.home)
  })

  test.prop([anySteps.filter(({ length }) => length > 0), fc.nat()])(
    'where one step has other arguments differ in that one only',
    (a, pick) => {
      const at = pick % a.length
      const b = a.with(at, { ...(a[at] as DiffStep), digest: 'other' })
      expect(diffRuns(a, b).differences).toEqual([{ kind: 'changed', home: a[at]?.home, a: at + 1, b: at + 1 }])
      expect(diffRuns(a, b).prefixCount).toBe(at)
    },
  )

  test.prop([anySteps])('may do the same things in another order in different scopes', (a) => {
    const apart = [...a.filter(({ home }) => home === '/b'), ...a.filter(({ home }) => home === '/a')]
    expect(diffRuns(a, numbered(apart)).differences).toEqual([])
  })

  it('say what changed places within a scope, and nothing besides', () => {
    const step = (name: string) => ({ key: `/a ${name}`, home: '/a', digest: name })
    const [a, b] = ['abcde', 'acdbe'].map((text) => numbered([...text].map(step))) as [DiffStep[], DiffStep[]]
    expect(diffRuns(a, b).differences).toEqual([{ kind: 'reordered', home: '/a', a: 2, b: 4 }])
  })
})

describe('two recordings', () => {
  it('of one program with other ids, machines and times are the same', () => {
    const log = recording('build-and-review')
    const other = JSON.parse(
      JSON.stringify(log)
        .replaceAll(/LocalMachine-[0-9a-f]{8}/g, (name) => `${name.slice(0, -2)}zz`)
        .replaceAll(/"call_id":"[^"]*"/g, '"call_id":"another"')
        .replaceAll('2026-11-21', '2026-12-24'),
    ) as Entry[]
    expect(diffRuns(steps(log), steps(other)).differences).toEqual([])
  })

  it('that go apart say where', () => {
    const [a, b] = [recording('build-and-review'), recording('build-and-review-fails')]
    const { differences, prefixCount } = diffRuns(steps(a), steps(b))
    expect(differences[0]).toEqual({ kind: 'changed', home: '/buildAndReview#0', a: 40, b: 40 })
    expect(steps(a)[prefixCount]?.seq).toBe(40)
    expect(differences.filter(({ kind }) => kind === 'only_b').map(({ b: seq }) => b[(seq ?? 0) - 1]?.type)).toEqual([
      'fail',
      'tool_result',
      'process_failed',
    ])
  })
})
