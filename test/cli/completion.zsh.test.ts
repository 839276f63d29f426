/** Tab in a real zsh with compinit, in a real terminal. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'vitest'
import { DONE, homeWithRuns, OTHER, shellScreen } from './shell-screen.ts'

const RC = `PS1='%%%% '
autoload -Uz compinit
compinit -u -D
eval "$(ramure completion zsh)"
`

test('zsh completes and says what everything is, the newest run first', async () => {
  const home = await homeWithRuns()
  writeFileSync(join(home.root, '.zshrc'), RC)
  const screen = await shellScreen(home, ['zsh', '-i'], { ZDOTDIR: home.root })

  screen.type('ramure status b')
  screen.press('Tab', 'Tab')
  await screen.shows(new RegExp(`^${DONE} +-- .* ago\\n${OTHER} +-- .* ago$`, 'm'))
  await screen.clear()

  for (const [typed, completed] of [
    ['ramure send --id bris bu', 'ramure send --id bris builder'],
    ['ramure tail bris --agent builder,re', 'ramure tail bris --agent builder,reviewer'],
    ['ramure tail bris --agent=re', 'ramure tail bris --agent=reviewer'],
    ['ramure call --id brave ', 'ramure call --id brave add_task'],
    ['ramure replay ./bi', 'ramure replay ./bin/'],
  ] as const) {
    screen.type(typed)
    screen.press('Tab')
    await screen.shows(new RegExp(`^%% ${completed}`, 'm'))
    await screen.clear()
  }
})
