/** status --watch in a real terminal that changes its size, and Ctrl-C there. */
import { expect, test } from 'vitest'
import { reviewLog } from '../projections/review-log.ts'
import { makeHome, openRun } from './home.ts'
import { shellScreen, withBinary } from './shell-screen.ts'

test('a watched status fits the terminal, whatever its size becomes, and Ctrl-C ends the watching only', async () => {
  const home = withBinary(makeHome())
  const log = openRun(home, 'brisk-otter-4q7m2xk9')
  for (const { seq: _seq, time: _time, ...draft } of reviewLog(28)) log.append(draft)
  log.flush()
  const screen = await shellScreen(home, ['bash', '--noprofile', '--norc', '-i'], { PS1: '%% ' })

  screen.type('ramure status brisk --watch; echo "exit $?"')
  screen.press('Enter')
  await screen.shows(/builder +pi .* ○ idle/)
  screen.resize(60, 40)
  await screen.shows(/^brisk-otter-4q7m2xk9 {2}● running [^·]*\n {2}3 agents/m)
  screen.resize(120, 40)
  await screen.shows(/^brisk-otter-4q7m2xk9 {2}● running .* · 3 agents/m)
  // Each status took the place of the one before, at every size.
  expect(screen.text().match(/^brisk-otter-4q7m2xk9 {2}● running/gm)).toHaveLength(1)
  expect(screen.text().match(/reviewer +pi/g)).toHaveLength(1)

  screen.press('C-c')
  await screen.shows(/exit 130/)
  log.append({ type: 'warning', by: 'runtime', scope: '/', data: { code: 'W', message: 'the run goes on' } })
  await log.close()
})
