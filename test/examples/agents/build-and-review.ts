import type { Cast } from '../play.ts'

/** The builder numbers its versions; the reviewer rejects the first `rejections` of them. */
export function builderAndReviewer(rejections: number): Cast {
  return (agent) => async (me) => {
    let version = 0
    for await (const { text } of me.messages) {
      version += 1
      if (agent === 'builder') await me.call('submit', { code: `version ${version}` })
      else if (version <= rejections) await me.call('reject', { why: `version ${version} is wrong` })
      else await me.call('approve', { code: text.slice(text.indexOf('Review:\n') + 'Review:\n'.length) })
    }
  }
}
