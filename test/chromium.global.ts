import type { TestProject } from 'vitest/node'
import { findChromium } from './chromium.ts'

/** Says once what is not tested on a machine without a browser: a silence would look like a pass. */
export default function setup(project: TestProject): void {
  if (findChromium() !== null) return
  project.vitest.logger.log('no chromium on PATH: the tests of the exported page (*.browser.*) are left out')
}
