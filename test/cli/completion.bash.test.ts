/** Tab in a real bash, in a real terminal. */
import { expect, test } from 'vitest'
import { DONE, homeWithRuns, OTHER, shellScreen } from './shell-screen.ts'

const START = ['bash', '--noprofile', '--norc', '-i']

test('bash completes commands, runs, agents and lists, and keeps the order in which runs are offered', async () => {
  const screen = await shellScreen(await homeWithRuns(), START, { PS1: '%% ' })
  screen.type('eval "$(ramure completion bash)"; echo ready')
  screen.press('Enter')
  await screen.shows(/^ready$/m)
  await screen.clear()

  screen.type('ramure comp')
  screen.press('Tab')
  await screen.shows(/^%% ramure completion/m)
  await screen.clear()

  screen.type('ramure status bri')
  screen.press('Tab')
  await screen.shows(new RegExp(`^%% ramure status ${DONE}`, 'm'))
  await screen.clear()

  screen.type('ramure status b')
  screen.press('Tab')
  await screen.shows(/status br$/m)
  screen.press('Tab', 'Tab')
  await screen.shows(new RegExp(`^${DONE} +${OTHER}`, 'm'))
  await screen.clear()

  for (const [typed, completed] of [
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
  expect(screen.text()).toBe('%%')
})
