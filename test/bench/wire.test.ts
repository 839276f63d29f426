import { expect, test } from 'vitest'
import { bench } from '../../bench/wire.ts'

test('the bench of the wire measures a logged call, the sockets alone, a call over the control socket and the echoes, with one and with 64 in flight', async () => {
  const figures = await bench.run({ small: true })
  expect(figures).toHaveLength(40)
  for (const { rounds } of figures) expect(Math.min(...rounds)).toBeGreaterThan(0)
  const median = (name: string) => figures.find((figure) => figure.name === name)?.rounds[0] ?? Number.NaN
  for (const inFlight of [1, 64])
    expect(median(`tool call, logged, ${inFlight} in flight, p99`)).toBeGreaterThanOrEqual(
      median(`tool call, logged, ${inFlight} in flight, p50`),
    )
  const names = figures.map(({ name }) => name)
  for (const { figure } of bench.promises) expect(names).toContain(figure)
})
