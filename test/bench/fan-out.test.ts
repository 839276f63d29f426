import { expect, test } from 'vitest'
import { bench } from '../../bench/fan-out.ts'

test('the bench of the fan-out delivers every message, beside its floor and a bare server', async () => {
  const figures = await bench.run({ small: true })
  const names = [1, 3].flatMap((readers) =>
    ['ramure', 'one write a turn', 'bare ws'].map((kind) => `${kind}, ${readers} reader${readers === 1 ? '' : 's'}, 16 a turn`),
  )
  expect(figures.map(({ name }) => name)).toEqual(names.flatMap((name) => [name, `${name}, CPU`]))
  for (const { rounds } of figures) expect(Math.min(...rounds)).toBeGreaterThan(0)
})
