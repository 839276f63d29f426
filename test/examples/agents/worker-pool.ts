import type { Cast } from '../play.ts'

/** Workers that answer with the task in capitals, once `count` of them have got one: none is faster than all others. */
export function workers(count: number): Cast {
  const busy = Promise.withResolvers<void>()
  const started = new Set<string>()
  return (agent) => async (me) => {
    for await (const { text } of me.messages) {
      if (started.add(agent).size === count) busy.resolve()
      await busy.promise
      await me.call('finish', { answer: text.toUpperCase() })
    }
  }
}

/** Whoever gets a task crashes. */
export const deserter: Cast = () => async (me) => {
  await me.next()
  me.crash(1)
}
