/** A long log is folded once: the next look starts from what was kept, as long as it fits. */
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Entry } from '../../src/log/events.ts'
import { reviewLog } from '../projections/review-log.ts'
import { makeHome, ramure, record } from './home.ts'

const RUN = 'brisk-otter-4q7m2xk9'

/** As many entries as make it worth keeping, and then the rest of the run. */
function longLog(): Entry[] {
  const [base, usage] = [reviewLog(), reviewLog()[17] as Entry]
  const middle = Array.from({ length: 20_000 }, () => usage)
  return [...base.slice(0, 18), ...middle, ...base.slice(18)].map((entry, index) => ({ ...entry, seq: index + 1 }))
}

it('a status from what was kept is the status from the whole log, and what does not fit the log is not used', async () => {
  const home = makeHome()
  await record(home, RUN, longLog())
  const status = async () => JSON.parse((await ramure(home, ['status', '--json'])).stdout).data
  const cold = await status()
  const kept = join(home.root, 'cache', `${RUN}.overview.json`)
  expect([statSync(kept).mode & 0o777, statSync(join(home.root, 'cache')).mode & 0o777]).toEqual([0o600, 0o700])
  expect(await status()).toEqual(cold)

  // It is really used: a lie in it shows.
  const honest = readFileSync(kept, 'utf8')
  writeFileSync(kept, honest.replace('"process":"review"', '"process":"lie"'))
  expect((await status()).process).toBe('lie')

  // Unless it is of another log of the same name, of another version, or no JSON at all.
  for (const spoilt of [
    honest.replace(/"lastTime":"[^"]*"/, '"lastTime":"2020-01-01T00:00:00.000Z"'),
    honest.replace('"version":"', '"version":"9'),
    '{',
  ]) {
    writeFileSync(kept, spoilt)
    expect(await status()).toEqual(cold)
  }
  rmSync(join(home.root, 'cache'), { recursive: true })
  expect(await status()).toEqual(cold)
  expect(readdirSync(join(home.root, 'cache'))).toEqual([`${RUN}.overview.json`])
})

it('a short log is folded again each time, and nothing is kept of it', async () => {
  const home = makeHome()
  await record(home, RUN, reviewLog())
  await ramure(home, ['status'])
  expect(readdirSync(home.root)).toEqual(['logs'])
})
