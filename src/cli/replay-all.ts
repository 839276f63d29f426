/** `ramure replay --all <folder>`: every recording in a program of its own, as many at a time as there are cores. */
import { availableParallelism } from 'node:os'
import { basename, dirname, resolve } from 'node:path'
import { jsonlStore } from '../log/jsonl.ts'
import { replayCorpus } from '../replay/corpus.ts'
import type { Cli, Options } from './cli.ts'
import { corpusText } from './corpus-text.ts'
import { exitOf, replayOne } from './replay-one.ts'

/** Answers with the report; resolves with the exit code: that of a diverged recording, else of one that cannot be told. */
export async function replayFolder(cli: Cli, folder: string, options: Options): Promise<number> {
  const startedMs = performance.now()
  const load = { atATime: availableParallelism(), edited: options['edited'] === true }
  const report = await replayCorpus(
    resolve(folder),
    load,
    (loaded, _name, path) => replayOne(cli, { store: jsonlStore(dirname(path)), run: basename(path) }, options, loaded),
    ({ recording }, doneCount, count) => cli.output.progress(`replaying  ${doneCount} of ${count}   ${recording}`),
  ).finally(() => cli.output.progress(null))
  const tookMs = performance.now() - startedMs
  cli.output.answer(report, () => corpusText(report, { width: cli.output.width, paint: cli.output.paint, tookMs }))
  return exitOf(report.verdict)
}
