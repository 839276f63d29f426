/** On paper: light, all lanes, and as many entries as somebody may want to hold in their hands. */
import type { App } from './app.ts'
import type { Theme } from './theme.ts'

export function watchPrint(app: App, theme: Theme): void {
  addEventListener('beforeprint', () => {
    theme.force('light')
    app.print(true)
  })
  addEventListener('afterprint', () => {
    theme.force(null)
    app.print(false)
  })
}
