import type { Reporter, TestCase, TestModule, Vitest } from 'vitest/node'

/** Closes the run with one plain line, `N passed, N failed, N skipped`, that people and programs can count by. */
export default class TallyReporter implements Reporter {
  #vitest: Vitest | undefined

  onInit(vitest: Vitest): void {
    this.#vitest = vitest
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    this.#vitest?.logger.log(tally(modules, unhandledErrors.length))
  }
}

function tally(modules: readonly TestModule[], unhandledErrors: number): string {
  const states = modules.flatMap((module) => [...module.children.allTests()].map((test: TestCase) => test.result().state))
  const count = (state: string) => states.filter((one) => one === state).length
  const broken = modules.filter((module) => module.state() === 'failed' && module.children.size === 0).length
  const skipped = count('skipped') + count('pending')
  return `${count('passed')} passed, ${count('failed') + broken + unhandledErrors} failed, ${skipped} skipped`
}
