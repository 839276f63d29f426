import { expect, test } from 'vitest'
import { bench } from '../../bench/append.ts'

test('the bench of the log appends in every way, each in a process of its own', { timeout: 60_000 }, async () => {
  const figures = await bench.run({ small: true })
  const rates = figures.filter(({ unit }) => unit === 'per second').map(({ name }) => name)
  expect(rates).toEqual([
    'encode only, loop, 300 B',
    'group commit, bare, loop, 300 B',
    'group commit, our buffer, loop, 300 B',
    'ramure, process, loop, 300 B',
    'ramure, disk, loop, 300 B',
    'writeSync per event, loop, 300 B',
    'open, append, close, loop, 300 B',
    'pino, sync, loop, 300 B',
    ...(process.getBuiltinModule('node:sqlite') ? ['SQLite WAL, loop, 300 B'] : []),
  ])
  for (const { name, rounds } of figures) expect(Math.min(...rounds), name).toBeGreaterThan(0)
})
