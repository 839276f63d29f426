/** A folder of recordings as one test: every one is replayed, and what they show together is counted. */
import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { RamureError } from '../log/error.ts'
import { jsonlStore } from '../log/jsonl.ts'
import { type AgentProcess, definitionOf } from '../runtime/process.ts'
import { type Coverage, coverageOf, type Shown, shownBy } from './coverage.ts'
import { isReason, type LoadOptions, loadRecording, type Reason, type Recording } from './recording.ts'
import { type ReplayOptions, replayRecording } from './replay.ts'
import { cannotTell, type Verdict } from './verdict.ts'

export interface Replayed {
  /** The recording's folder, relative to that of the corpus. */
  readonly recording: string
  readonly verdict: Verdict
}

export interface CorpusReport {
  /** Version of this object. */
  readonly v: 1
  /** `diverged` when one is, else `cannot_tell` when one is, else `identical`. */
  readonly verdict: Verdict['verdict']
  /** In order of their names. */
  readonly recordings: readonly Replayed[]
  readonly coverage: Coverage
}

/**
 * Replays every recording in `folder` and below against the one of `processes` that it was made with, one after the
 * other. Throws ERR_CORPUS_EMPTY when there is none, TypeError for a process that is none.
 */
export async function replayAll(
  processes: readonly AgentProcess<never, unknown>[],
  folder: string,
  options: Omit<ReplayOptions, 'store'> = {},
): Promise<CorpusReport> {
  const definitions = new Map(processes.map(definitionOf).map((definition) => [definition.name, definition]))
  return replayCorpus(folder, { atATime: 1, ...options }, async (loaded, name) => {
    if (isReason(loaded)) return cannotTell(name, loaded)
    const wanted = loaded.header.data.process
    const definition = definitions.get(wanted)
    if (definition) return replayRecording(definition, loaded, options)
    const message = `${name} is a run of the process '${wanted}', which was not given.`
    return cannotTell(
      name,
      { code: 'ERR_OTHER_PROCESS', message, hint: `Add it to the processes: ${[...definitions.keys()].join(', ')}.` },
      loaded,
    )
  })
}

export interface CorpusOptions extends LoadOptions {
  /** How many recordings are replayed at once. */
  readonly atATime: number
}

/** Replays every recording in `folder` and below with `replayOne`; `done` is told of each as it ends. */
export async function replayCorpus(
  folder: string,
  { atATime, ...load }: CorpusOptions,
  replayOne: (loaded: Recording | Reason, name: string, path: string) => Promise<Verdict>,
  done: (replayed: Replayed, doneCount: number, count: number) => void = () => {},
): Promise<CorpusReport> {
  const names = recordingsIn(folder)
  const results = new Map<string, Replayed>()
  const shown = new Map<string, Shown>()
  const waiting = [...names]
  const work = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const path = resolve(folder, name)
      const loaded = await loadRecording(jsonlStore(dirname(path)), basename(path), load)
      if (!isReason(loaded)) shown.set(name, shownBy(loaded.entries))
      const replayed = { recording: name, verdict: await replayOne(loaded, name, path) }
      results.set(name, replayed)
      done(replayed, results.size, names.length)
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, atATime) }, work))
  const recordings = names.flatMap((name) => results.get(name) ?? [])
  const inOrder = new Map(names.flatMap((name) => (shown.has(name) ? [[name, shown.get(name) as Shown]] : [])))
  return { v: 1, verdict: worst(recordings), recordings, coverage: coverageOf(inOrder) }
}

/** Folders with an events.jsonl, the corpus's own folder included, as paths relative to it. Throws ERR_CORPUS_EMPTY. */
function recordingsIn(folder: string): string[] {
  const files = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : []
  const logs = files.filter((file) => basename(file) === 'events.jsonl').map((file) => resolve(folder, dirname(file)))
  if (logs.length > 0) return logs.map((log) => relative(folder, log) || join('..', basename(log))).sort()
  throw new RamureError('ERR_CORPUS_EMPTY', `There is no recording in ${folder}: no folder with an events.jsonl.`, {
    hint: 'Copy the folders of runs there: ~/.ramure/logs/<run>.',
  })
}

function worst(recordings: readonly Replayed[]): Verdict['verdict'] {
  const has = (verdict: Verdict['verdict']) => recordings.some((each) => each.verdict.verdict === verdict)
  return has('diverged') ? 'diverged' : has('cannot_tell') ? 'cannot_tell' : 'identical'
}
