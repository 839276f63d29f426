import { expect, test } from 'vitest'
import { killRuntimes } from './kill-runtime.ts'

const ROUNDS = Number(process.env.RAMURE_ROUNDS ?? 100)

test(`L1 ${ROUNDS} runtimes killed at random moments lose nothing that was acknowledged`, { timeout: 3_600_000 }, async () => {
  const { begun, acknowledged, torn, terminals } = await killRuntimes(ROUNDS)
  console.log(
    `${ROUNDS} kills: ${begun} runs, ${acknowledged} answers seen and found, ${torn} torn ends, ${terminals} terminals left and removed`,
  )
  expect(begun).toBeGreaterThan(ROUNDS / 2)
})
