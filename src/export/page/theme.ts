/** Light, dark, or what the system says. */

const THEMES = ['system', 'light', 'dark'] as const
type Theme = (typeof THEMES)[number]
const KEY = 'ramure-theme'

/** Applies what was chosen last, and returns how to go to the next one. @param changed is also called when the system changes. */
export function watchTheme(changed: () => void): () => void {
  let theme = stored()
  const apply = (): void => {
    if (theme === 'system') delete document.documentElement.dataset['theme']
    else document.documentElement.dataset['theme'] = theme
    changed()
  }
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', apply)
  apply()
  return () => {
    theme = nextOf(theme)
    store(theme)
    apply()
  }
}

/** From what the system says first to the opposite, so that the first press is seen. */
function nextOf(theme: Theme): Theme {
  const isDark = matchMedia('(prefers-color-scheme: dark)').matches
  const order: readonly Theme[] = isDark ? ['system', 'light', 'dark'] : ['system', 'dark', 'light']
  return order[(order.indexOf(theme) + 1) % order.length] ?? 'system'
}

/** A page that is a file may not be allowed to keep anything. */
function stored(): Theme {
  try {
    const kept = localStorage.getItem(KEY)
    return THEMES.find((theme) => theme === kept) ?? 'system'
  } catch {
    return 'system'
  }
}

function store(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme)
  } catch {
    // Then it is chosen anew next time.
  }
}
