import { expect, test } from 'vitest'
import { raceWriters } from './writer-race.ts'

test('L2 of two writers that start at one instant one writes, a hundred times', async () => {
  const wins = await raceWriters(100)
  console.log(`100 races: ${wins.join(' to ')}`)
  expect(Math.min(...wins)).toBeGreaterThan(0)
})
