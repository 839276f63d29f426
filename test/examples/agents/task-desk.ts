import type { Cast } from '../play.ts'

/** Finishes one task each time `permit` is called. */
export function permittedWorker(): { readonly cast: Cast; permit(): void } {
  const permits: (() => void)[] = []
  const next: Promise<void>[] = []
  for (let nth = 0; nth < 10; nth += 1) {
    const { promise, resolve } = Promise.withResolvers<void>()
    permits.push(resolve)
    next.push(promise)
  }
  const cast: Cast = () => async (me) => {
    for await (const { text } of me.messages) {
      await next.shift()
      await me.call('finish', { summary: `did: ${text}` })
    }
  }
  return { cast, permit: () => permits.shift()?.() }
}
