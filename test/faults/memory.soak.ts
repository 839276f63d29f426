import { expect, test } from 'vitest'
import { loadRuntime } from './memory.ts'

const SECONDS = Number(process.env.RAMURE_SECONDS ?? 60)

test(`200 agents at work for ${SECONDS} s take no more memory at the end than in the middle`, { timeout: 3_600_000 }, async () => {
  const { answers, residentMb } = await loadRuntime({ agents: 200, forMs: SECONDS * 1000, samples: 30 })
  console.log(`200 agents, ${SECONDS} s, ${answers} answers; resident memory in MB: ${residentMb.join(' ')}`)
  const [middle, end] = [residentMb.slice(10, 20), residentMb.slice(20)].map(median) as [number, number]
  expect(end).toBeLessThan(middle * 1.05)
})

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
