/** Follows a live run: the server says what is new, the picture grows. */
import type { Pack } from '../pack.ts'
import type { Summary } from '../summary.ts'
import type { App } from './app.ts'

/** Takes what the server tells from entry `after` on, until the run has ended. Reconnects by itself and goes on where it was. */
export function followLive(app: App, added: () => void, say: (state: 'following' | 'ended' | 'lost') => void): void {
  const source = new EventSource('rows')
  source.addEventListener('open', () => say('following'))
  source.addEventListener('pack', (event: MessageEvent<string>) => {
    app.add([JSON.parse(event.data) as Pack])
    added()
  })
  source.addEventListener('summary', (event: MessageEvent<string>) => {
    app.summary = JSON.parse(event.data) as Summary
    app.changed()
  })
  source.addEventListener('end', () => {
    source.close()
    say('ended')
  })
  source.addEventListener('error', () => say('lost'))
}
