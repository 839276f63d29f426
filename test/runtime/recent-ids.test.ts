import { fc, test } from '@fast-check/vitest'
import { expect } from 'vitest'
import { recentIds } from '../../src/runtime/recent-ids.ts'

test.prop([fc.integer({ min: 1, max: 5 }), fc.array(fc.constantFrom('', 'a', 'b', 'c', 'd', 'e', 'f', 'g'))])(
  'an id is known while it is among the last ones that were new',
  (idsMax, ids) => {
    const recent = recentIds(idsMax)
    let model: string[] = []
    for (const id of ids) {
      expect(recent.add(id)).toBe(!model.includes(id))
      if (!model.includes(id)) model = [...model, id].slice(-idsMax)
    }
  },
)
