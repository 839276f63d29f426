import { fc, it as property } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { pack, unpack } from '../../src/export/pack.ts'
import { anyLog } from '../projections/arbitrary.ts'
import { reviewLog } from '../projections/review-log.ts'
import { rowsOf } from './rows.ts'

describe('a pack', () => {
  property.prop([anyLog])('gives back the rows it was made of, also after a trip as JSON', (log) => {
    const rows = rowsOf(log)
    expect(unpack(JSON.parse(JSON.stringify(pack(rows))))).toEqual(rows)
  })

  property.prop([anyLog, fc.nat()])('can be cut anywhere: two packs say what one says', (log, at) => {
    const rows = rowsOf(log)
    const cut = at % (rows.length + 1)
    const [first, second] = [rows.slice(0, cut), rows.slice(cut)]
    expect([...unpack(pack(first)), ...unpack(pack(second))]).toEqual(rows)
  })

  it('keeps texts that look like field names or markup', () => {
    const rows = rowsOf(reviewLog(3)).map((row) => ({ ...row, word: '__proto__', text: '</script><img onerror=x>', agent: 'constructor' }))
    expect(unpack(pack(rows))).toEqual(rows)
  })
})
