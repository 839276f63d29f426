import { describe, expect, test } from 'vitest'
import { explainAll } from '../../examples/fan-out.ts'
import { readers } from './agents/fan-out.ts'
import { again, IDENTICAL, ofType, play } from './play.ts'

const FILES = ['a.ts', 'b.ts', 'c.ts']

describe('fan-out', () => {
  test('asks about all files at once and answers in their order, whoever is first', async () => {
    const { outcome, entries } = await play(explainAll, [FILES], readers(3))
    expect(outcome).toMatchObject({ value: FILES.map((file, index) => `${file}: reader-${index + 1} heard "What is ${file} for?"`) })
    expect(ofType(entries, 'tool_call').map(({ agent }) => agent)).toEqual(['reader-3', 'reader-2', 'reader-1'])
  })

  test('is one run with a child process per file, each with its own agent', async () => {
    const { entries } = await play(explainAll, [FILES], readers(3))
    expect(ofType(entries, 'process_spawned').map(({ scope }) => scope)).toEqual([
      '/explainAll#0',
      '/explainAll#0/explain#0',
      '/explainAll#0/explain#1',
      '/explainAll#0/explain#2',
    ])
    expect(ofType(entries, 'agent_created').map(({ agent, scope }) => `${scope} ${agent}`)).toEqual([
      '/explainAll#0/explain#0 reader-1',
      '/explainAll#0/explain#1 reader-2',
      '/explainAll#0/explain#2 reader-3',
    ])
    expect(ofType(entries, 'run_ended')).toHaveLength(1)
  })

  test('reruns identically', async () => {
    const { entries } = await play(explainAll, [FILES], readers(3))
    expect(await again(explainAll, entries)).toEqual(IDENTICAL)
  })
})
