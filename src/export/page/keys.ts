/** The keyboard: everything the mouse can do, and more. */
import type { App } from './app.ts'

export interface KeyActions {
  readonly filter: HTMLInputElement
  readonly help: { readonly element: HTMLDialogElement; toggle(): void }
  theme(): void
}

const PAGE_ROWS = 20

export function watchKeys(app: App, actions: KeyActions): void {
  const { filter, help } = actions
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (help.element.open) {
      // Esc closes a dialog by itself.
      if (event.key === '?') help.toggle()
      return
    }
    if (event.target === filter) {
      if (typedInFilter(event, app, filter)) event.preventDefault()
      return
    }
    const act = actionOf(event, app, actions)
    if (act === null) return
    event.preventDefault()
    act()
  })
}

function typedInFilter({ key }: KeyboardEvent, app: App, filter: HTMLInputElement): boolean {
  if (key === 'Escape') {
    clear(app, filter)
    filter.blur()
  } else if (key === 'Enter' || key === 'ArrowDown') {
    filter.blur()
    if (!app.found.has(app.selected)) app.step(1, true)
  } else return false
  return true
}

function clear(app: App, filter: HTMLInputElement): void {
  filter.value = ''
  if (app.found.text !== '') app.setFilter('')
}

function actionOf(event: KeyboardEvent, app: App, { filter, help, theme }: KeyActions): (() => void) | null {
  // A key that presses a button or follows a link belongs to it.
  const isControl = event.target instanceof HTMLElement && event.target.closest('button, a, summary') !== null
  switch (event.key) {
    case 'j':
    case 'ArrowDown':
      return () => app.step(1)
    case 'k':
    case 'ArrowUp':
      return () => app.step(-1)
    case 'PageDown':
      return () => app.step(PAGE_ROWS)
    case 'PageUp':
      return () => app.step(-PAGE_ROWS)
    case 'Home':
      return () => app.jump('first')
    case 'End':
      return () => app.jump('last')
    case 'Enter':
      return isControl ? null : () => app.select(app.selected === -1 ? (app.found.shown[0] ?? -1) : app.selected, { open: true })
    case 'Escape':
      return () => (app.opened ? app.close() : clear(app, filter))
    case '/':
      return () => {
        filter.focus()
        filter.select()
      }
    case 'c':
      return () => app.jump('cause')
    case 'e':
      return () => app.jump('effect')
    case 'p':
      return () => app.jumpToProblem(1)
    case 'P':
      return () => app.jumpToProblem(-1)
    case 'n':
      return () => app.step(1, true)
    case 'N':
      return () => app.step(-1, true)
    case 'o':
      return () => app.toggleAxis()
    case '+':
    case '=':
      return () => app.zoom(1.6)
    case '-':
      return () => app.zoom(1 / 1.6)
    case '0':
      return () => app.fit()
    case 'h':
    case 'ArrowLeft':
      return () => app.pan(-0.15)
    case 'l':
    case 'ArrowRight':
      return () => app.pan(0.15)
    case 'd':
      return () => app.toggleDetail()
    case 'g':
      return () => app.toggleGaps()
    case 't':
      return theme
    case '?':
      return () => help.toggle()
    default:
      return null
  }
}
