import type { Cast } from '../play.ts'

/** Says nothing until it was reminded, then reports and finishes. */
export const dreamer: Cast = () => async (me) => {
  await me.next()
  await me.next()
  await me.call('progress', { percent: 50, note: 'half of it' })
  await me.call('finish', { report: 'all is well' })
}

/** Takes every message and never does anything. */
export const sleeper: Cast = () => async (me) => {
  for await (const _message of me.messages);
}
