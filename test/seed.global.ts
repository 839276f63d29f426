import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    seed: number
  }
}

/** What CI runs with, so that a red build is red again when it is repeated. */
const SEED_IN_CI = 20_261_121

/** Chooses one fast-check seed for the whole run (`RAMURE_SEED`, fixed in CI, else random) and prints it. */
export default function setup(project: TestProject): void {
  const seed = chooseSeed(process.env)
  project.provide('seed', seed)
  project.vitest.logger.log(`fast-check seed ${seed}   (RAMURE_SEED=${seed} npm test repeats it)`)
}

function chooseSeed(env: NodeJS.ProcessEnv): number {
  if (env.RAMURE_SEED) return Number(env.RAMURE_SEED)
  return env.CI ? SEED_IN_CI : Math.floor(Math.random() * 0x7fff_ffff)
}
