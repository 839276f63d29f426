/** The replay of a simulation: the verdict, with the line of the first difference even when no two reruns agree. */
import type { LogStore } from '../log/store.ts'
import { isReason, loadRecording, type Recording } from '../replay/recording.ts'
import { replayRecording } from '../replay/replay.ts'
import { rerun } from '../replay/rerun.ts'
import { cannotTell, type Divergence, type Verdict } from '../replay/verdict.ts'
import type { Definition } from '../runtime/lifecycle.ts'

export async function replaySimulation(definition: Definition, store: LogStore, run: string): Promise<Verdict> {
  const recording = await loadRecording(store, run)
  if (isReason(recording)) return cannotTell(run, recording)
  const verdict = await replayRecording(definition, recording)
  const [first, ...others] = verdict.divergences
  if (!first || first.site !== null) return verdict
  return { ...verdict, divergences: [{ ...first, site: await siteAgain(definition, recording, first.scope) }, ...others] }
}

/** Where another rerun differs in the same scope: the values may be others, the line that made them is the same. */
async function siteAgain(definition: Definition, recording: Recording, scope: string): Promise<Divergence['site']> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const { differences } = await rerun(definition, recording.entries, { sites: true })
    const again = differences.find((difference) => difference.scope === scope && difference.site !== null)
    const [, file, line, column] = /^(.*):(\d+):(\d+)$/.exec(again?.site ?? '') ?? []
    if (file !== undefined) return { file, line: Number(line), column: Number(column) }
  }
  return null
}

/** What comes and goes from run to run is there in one of a few. */
const ATTEMPTS_MAX = 4
