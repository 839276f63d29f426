import { fc, it as property } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { viewport } from '../../src/export/page/viewport.ts'

const times = Array.from({ length: 100 }, (_, index) => index * 10)

describe('what is seen of the axis', () => {
  it('is all of it at first, also when more comes', () => {
    const growing = [...times]
    const port = viewport(growing, true)
    port.fit()
    growing.push(5000, 5010)
    port.grow()
    expect(port.view.from).toBeLessThan(0)
    expect(port.view.to).toBeGreaterThan(port.axis.length)
  })

  it('stays what it was when more comes, or when the axis changes', () => {
    const growing = [...times]
    const port = viewport(growing, true)
    port.look(port.axis.placeOf(20), port.axis.placeOf(40))
    const seen = () => [port.axis.positionAt(port.view.from), port.axis.positionAt(port.view.to)].map(Math.round)
    growing.push(1010, 1020)
    port.grow()
    expect(seen()).toEqual([20, 40])
    port.toggleAxis()
    expect([port.axis.by, ...seen()]).toEqual(['order', 20, 40])
  })

  it('is by time in a live run, whatever its first entries look like', () => {
    const still = Array.from({ length: 20 }, () => 5)
    expect([viewport(still, true).axis.by, viewport(still, false).axis.by]).toEqual(['time', 'time'])
    const [live, over] = [viewport(still, true), viewport(still, false)]
    live.grow()
    over.grow()
    expect([live.axis.by, over.axis.by]).toEqual(['time', 'order'])
  })

  property.prop([fc.double({ min: 0, max: 990, noNaN: true }), fc.integer({ min: 1, max: 12 })])(
    'has the chosen place well inside after zooming in around it',
    (place, count) => {
      const port = viewport(times, false)
      port.grow()
      for (let nth = 0; nth < count; nth += 1) {
        port.zoom(1.6, place)
        port.bringIn(place)
      }
      const { from, to } = port.view
      expect(place).toBeGreaterThanOrEqual(from)
      expect(place).toBeLessThanOrEqual(to)
      const share = (place - from) / (to - from)
      if (from > 0 && to < port.axis.length) expect(Math.abs(share - 0.5)).toBeLessThanOrEqual(0.25 + 1e-6)
    },
  )
})
