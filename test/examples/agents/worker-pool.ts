import type { Cast } from '../play.ts'

/** Workers that answer their tasks one after the other, with the task in capitals. */
export const workers: Cast = () => async (me) => {
  for await (const { text } of me.messages) await me.call('finish', { answer: text.toUpperCase() }).catch(() => {})
}

/** The first worker that gets a task crashes. */
export const deserter: Cast = () => async (me) => {
  await me.next()
  me.crash(1)
}
