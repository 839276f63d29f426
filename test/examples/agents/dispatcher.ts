import type { Cast } from '../play.ts'

/** A dispatcher that asks both experts at once and one of them again; experts that repeat what they were asked. */
export const dispatcherAndExperts: Cast = (agent) => async (me) => {
  if (agent !== 'dispatcher') {
    for await (const { text } of me.messages) await me.call('answer', { text: `${agent} says: ${text}` })
    return
  }
  const { text } = await me.next()
  const first = await Promise.all([
    me.call('frontend_ask', { question: `${text} (view)` }),
    me.call('backend_ask', { question: `${text} (data)` }),
  ])
  const second = await me.call('backend_ask', { question: 'Where exactly?' })
  await me.call('reply', { text: [...first, second].join('; ') })
}

/** The expert for the backend crashes over its first question; the dispatcher passes on what it was told about that. */
export const withoutBackend: Cast = (agent) => async (me) => {
  const { text } = await me.next()
  if (agent !== 'dispatcher') me.crash(1)
  const told = await me.call('backend_ask', { question: text }).catch((error: Error) => error.message)
  await me.call('reply', { text: String(told) })
}
