import { describe, expect, it } from 'vitest'
import { bytesText, costText, countText, durationText, parseDurationMs, plural, tokensText } from '../../src/cli/figures.ts'
import { suggest } from '../../src/cli/suggest.ts'

describe('figures', () => {
  it.for([
    [0, '0 ms'],
    [999.4, '999 ms'],
    [1000, '1.0 s'],
    [59_949, '59.9 s'],
    [59_950, '1m00s'],
    [724_000, '12m04s'],
    [11_100_000, '3h05m'],
    [187_200_000, '2d04h'],
    [null, '—'],
  ] as const)('say %s milliseconds as %s', ([ms, text]) => {
    expect(durationText(ms)).toBe(text)
  })

  it('group digits, and say unknown where nothing is known', () => {
    expect([
      countText(2318),
      countText(1_000_000),
      countText(12),
      countText(null),
      bytesText(412),
      bytesText(999_999),
      bytesText(61_000_000),
      bytesText(null),
    ]).toEqual(['2,318', '1,000,000', '12', '—', '412 B', '1.0 MB', '61.0 MB', '—'])
    expect([tokensText(61_200), tokensText(999), plural(1, 'agent'), plural(0, 'entry', 'entries')]).toEqual([
      '61.2k tok',
      '999 tok',
      '1 agent',
      '0 entries',
    ])
  })

  it('tell free from unknown', () => {
    const cost = (costNanoUsd: number, pricedCount: number, unpricedCount: number) => costText({ costNanoUsd, pricedCount, unpricedCount })
    expect([cost(0, 1, 0), cost(0, 0, 0), cost(0, 0, 2), cost(310_000_000, 3, 1), cost(1_234_000, 1, 0)]).toEqual([
      '$0.00',
      '—',
      '2 unpriced',
      '$0.31 + 1 unpriced',
      '$0.0012',
    ])
  })

  it('read durations, and moments', () => {
    expect([parseDurationMs('5m'), parseDurationMs('1.5h'), parseDurationMs('30'), parseDurationMs('x')]).toEqual([
      300_000,
      5_400_000,
      null,
      null,
    ])
  })
})

describe('suggest', () => {
  it('finds slips of the finger, nearest first, and nothing else', () => {
    expect(suggest('brisk-oter', ['quiet-heron', 'brisk-otter'])).toEqual(['brisk-otter'])
    expect(suggest('bulider', ['builder', 'reviewer'])).toEqual(['builder'])
    expect(suggest('deployer', ['builder', 'reviewer'])).toEqual([])
    expect(suggest('statsu', ['stats', 'status', 'start'])).toEqual(['stats', 'status'])
  })
})
