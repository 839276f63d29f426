import type { Cast } from '../play.ts'

/** Readers that answer only when all `count` of them have been asked, the last one first. */
export function readers(count: number): Cast {
  const asked = Promise.withResolvers<void>()
  const turns = new Map(Array.from({ length: count + 1 }, (_, nth) => [nth + 1, Promise.withResolvers<void>()]))
  turns.get(count)?.resolve()
  let heard = 0
  return (agent) => async (me) => {
    const { text } = await me.next()
    heard += 1
    if (heard === count) asked.resolve()
    await asked.promise
    const nth = Number(agent.split('-')[1])
    await turns.get(nth)?.promise
    const answered = me.call('submit', { sentence: `${agent} heard "${text}"` })
    turns.get(nth - 1)?.resolve()
    await answered
  }
}
