/** Tab in a real fish: what it offers, and what it writes in a real terminal. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { expect, test } from 'vitest'
import type { Home } from './home.ts'
import { DONE, homeWithRuns, OTHER, shellScreen } from './shell-screen.ts'

function offered({ root }: Home, typed: string): readonly string[] {
  const said = execFileSync('fish', ['--no-config', '-c', `ramure completion fish | source; complete -C '${typed}'`], {
    encoding: 'utf8',
    env: { PATH: `${join(root, 'bin')}${delimiter}${process.env['PATH']}`, HOME: root, RAMURE_HOME: root, LANG: 'C.UTF-8' },
  })
  return said.split('\n').filter((line) => line !== '')
}

test('fish offers commands, runs with the newest first, agents, endpoints, options and files, each with what it is', async () => {
  const home = await homeWithRuns()
  expect(offered(home, 'ramure comp')).toEqual([expect.stringMatching(/^completion\ta script for bash, zsh or fish/)])
  expect(offered(home, 'ramure status b')).toEqual([
    expect.stringMatching(new RegExp(`^${DONE}\t.* ago$`)),
    expect.stringMatching(new RegExp(`^${OTHER}\t.* ago$`)),
  ])
  expect(offered(home, 'ramure tail bris --agent builder,re')).toEqual([expect.stringMatching(/^builder,reviewer\t/)])
  expect(offered(home, 'ramure tail bris --agent=re')).toEqual([expect.stringMatching(/^--agent=reviewer\t/)])
  expect(offered(home, 'ramure call --id brave ')).toEqual(['add_task\tAdds a task.'])
  expect(offered(home, `ramure replay ${home.root}/bi`)).toEqual([expect.stringContaining(`${home.root}/bin/`)])
})

test('fish writes what was meant', async () => {
  const home = await homeWithRuns()
  const config = join(home.root, 'fish')
  mkdirSync(config)
  writeFileSync(join(config, 'config.fish'), "function fish_prompt; echo '%% '; end\nset fish_greeting\nramure completion fish | source\n")
  const screen = await shellScreen(home, ['fish', '-i'], { XDG_CONFIG_HOME: home.root, XDG_DATA_HOME: home.root })
  screen.type('ramure status bri')
  screen.press('Tab')
  await screen.shows(new RegExp(`^%% ramure status ${DONE} *$`, 'm'))
})
