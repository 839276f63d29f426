/** Light, dark, or what the system says. The style sheet is only ever told which of the two. */

const CHOICES = ['system', 'light', 'dark'] as const
type Choice = (typeof CHOICES)[number]
const KEY = 'ramure-theme'
const SYSTEM_IS_DARK = matchMedia('(prefers-color-scheme: dark)')

export interface Theme {
  /** Goes to the next choice. */
  next(): void
  /** Shows one of them whatever was chosen, for a while; null ends that. */
  force(theme: 'light' | 'dark' | null): void
}

/** Applies what was chosen last. @param changed is also called when the system changes. */
export function watchTheme(changed: () => void): Theme {
  let choice = stored()
  let forced: 'light' | 'dark' | null = null
  const apply = (): void => {
    const chosen = choice === 'system' ? (SYSTEM_IS_DARK.matches ? 'dark' : 'light') : choice
    document.documentElement.dataset['theme'] = forced ?? chosen
    changed()
  }
  SYSTEM_IS_DARK.addEventListener('change', apply)
  apply()
  return {
    next() {
      choice = nextOf(choice)
      store(choice)
      apply()
    },
    force(theme) {
      forced = theme
      apply()
    },
  }
}

/** From what the system says first to the opposite, so that the first press is seen. */
function nextOf(choice: Choice): Choice {
  const order: readonly Choice[] = SYSTEM_IS_DARK.matches ? ['system', 'light', 'dark'] : ['system', 'dark', 'light']
  return order[(order.indexOf(choice) + 1) % order.length] ?? 'system'
}

/** A page that is a file may not be allowed to keep anything. */
function stored(): Choice {
  try {
    const kept = localStorage.getItem(KEY)
    return CHOICES.find((choice) => choice === kept) ?? 'system'
  } catch {
    return 'system'
  }
}

function store(choice: Choice): void {
  try {
    localStorage.setItem(KEY, choice)
  } catch {
    // Then it is chosen anew next time.
  }
}
