import { expect, test } from 'vitest'
import { bench } from '../../bench/formats.ts'

test('the bench of the formats makes every call in both, and bytes are a third smaller in MessagePack', async () => {
  const figures = await bench.run({ small: true })
  expect(figures).toHaveLength(4 * 2 * 3)
  for (const { rounds } of figures) expect(Math.min(...rounds)).toBeGreaterThan(0)
  const size = (name: string) => figures.find((figure) => figure.name === `${name}, frame`)?.rounds[0] ?? Number.NaN
  expect(size('64 KB bytes, json') / size('64 KB bytes, msgpack')).toBeCloseTo(4 / 3, 1)
})
