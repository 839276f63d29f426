/**
 * A matcher for Vitest (or Jest): `expect.extend({ toReplay })`, then `await expect(process).toReplay(recording)`.
 * docs/replay.md shows the setup file.
 */
import { painter } from './cli/paint.ts'
import { replayCommands, shellWord } from './cli/replay-commands.ts'
import { replayText } from './cli/replay-text.ts'
import { type ReplayOptions, replay } from './replay/replay.ts'
import type { AgentProcess } from './runtime/process.ts'

/** What `interface Matchers` of the test runner extends, in a `declare module`; docs/replay.md shows it for Vitest 5. */
export interface ReplayMatchers {
  /**
   * Passes when the process decides on the recording as it did when that was made; fails with the report of
   * `ramure replay`. A recording that cannot be read or is of another process fails with `not` as well.
   * @param recording a run's id, or the path of a run's folder or of its events.jsonl.
   */
  toReplay(recording: string, options?: ReplayOptions): Promise<void>
}

export interface MatcherResult {
  readonly pass: boolean
  message(): string
}

/** Width of the report in columns. */
const COLUMNS = 120

/** The matcher itself; throws TypeError for a process that is none. */
export async function toReplay(
  this: { readonly isNot?: boolean } | void,
  process: unknown,
  recording: string,
  options: ReplayOptions = {},
): Promise<MatcherResult> {
  const startedMs = performance.now()
  const verdict = await replay(process as AgentProcess<never, unknown>, recording, options)
  const tookMs = performance.now() - startedMs
  const isNot = this?.isNot === true
  const commands = replayCommands(shellWord(recording))
  const report = () => replayText(verdict, { width: COLUMNS, paint: painter(false), tookMs, commands })
  return {
    pass: verdict.verdict === 'cannot_tell' ? isNot : verdict.verdict === 'identical',
    message: () => `${verdict.process ?? 'the process'} was expected ${isNot ? 'not ' : ''}to replay ${recording}:\n\n${report()}`,
  }
}
