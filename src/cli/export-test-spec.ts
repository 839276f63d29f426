/** What `--help` says of `ramure export-test`. */
import { type CommandSpec, ID } from './command-spec.ts'

export const exportTest: CommandSpec = {
  name: 'export-test',
  args: '[run]',
  summary: 'a test that plays a recorded run again: its agents do what they did, and no model is asked',
  options: [
    ID,
    ['-o, --output <file>', 'where to; - is stdout (default: named after the run, in this folder)'],
    ['--program <file>', 'the file that exports the process, instead of the recorded one'],
    ['--node-test', 'for node:test instead of Vitest'],
    ['--as-recorded', 'of a counterexample of a property, too: what it did, not what it should have done'],
    ['--force', 'replace files that are there'],
  ],
  examples: [
    ['ramure export-test brisk-otter -o test/brisk-otter.test.ts', 'the test, and brisk-otter.jsonl beside it'],
    ['ramure export-test', 'the only live run, else the newest, in this folder'],
  ],
  load: () => import('./export-test.ts'),
}
