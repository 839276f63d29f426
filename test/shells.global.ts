import type { TestProject } from 'vitest/node'
import { hasShell, SHELLS } from './shells.ts'

/** Says once what is not tested on a machine without these shells: a silence would look like a pass. */
export default function setup(project: TestProject): void {
  for (const shell of SHELLS) {
    if (!hasShell(shell))
      project.vitest.logger.log(`no ${shell} on PATH: the tests of Tab in a real ${shell} (*.${shell}.test.ts) are left out`)
  }
}
