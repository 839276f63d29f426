import { RamureError } from '../log/error.ts'
import type { LogStore } from '../log/store.ts'
import type { VerifyReport } from '../log/verify-report.ts'
import type { Action, Cli } from './cli.ts'
import { failureOf } from './error-text.ts'
import { EXIT } from './exit-code.ts'
import { bytesText } from './figures.ts'
import { chooseLog, wantedRun } from './runs.ts'
import { plain } from './text.ts'
import { allText, reportText, type Unlooked } from './verify-text.ts'

/** `ramure verify [run]`, or `--all`: exit 8 when something is not what was written, or cannot be told. */
export const run: Action = async (cli, [position], options) => {
  const { verifyRun } = await import('../log/verify.ts')
  const verify = ({ location }: LogStore, id: string) =>
    verifyRun(location, id, { signal: cli.signal, onProgress: progressOf(cli, id) }).finally(() => cli.output.progress(null))
  const wanted = wantedRun(position, options)
  if (options['all'] === true) return verifyAll(cli, wanted, (id) => verify(cli.store, id))
  const chosen = await chooseLog(cli, wanted)
  const report = await verify(chosen.cli.store, chosen.run)
  cli.output.answer(reportData(report), () => reportText(report, cli.output))
  return report.verdict === 'whole' ? EXIT.ok : EXIT.logDamaged
}

async function verifyAll(cli: Cli, wanted: string | undefined, verify: (id: string) => Promise<VerifyReport>): Promise<number> {
  if (wanted !== undefined)
    throw new RamureError('ERR_USAGE', `--all looks at every run, and ${JSON.stringify(plain(wanted, 80))} names one.`, {
      hint: 'Leave one of them out.',
    })
  const refs = await cli.store.list()
  const reports: (VerifyReport | Unlooked)[] = []
  for (const ref of refs) reports.push(await verify(ref.run).catch((error: unknown) => unlooked(cli, ref.run, error)))
  cli.output.answer({ runs: reports.map(reportData) }, () => allText(reports, cli.output))
  return reports.every(({ verdict }) => verdict === 'whole') ? EXIT.ok : EXIT.logDamaged
}

/** One run that cannot be read must not hide what is wrong with the others. */
function unlooked(cli: Cli, run: string, error: unknown): Unlooked {
  if (cli.signal.aborted) throw error
  return { run, verdict: 'unknown', why: failureOf(error).message }
}

function progressOf(cli: Cli, run: string): (doneBytes: number, allBytes: number) => void {
  return (done, all) => cli.output.progress(`${run}: ${bytesText(done)} of ${bytesText(all)}`)
}

/** In the spelling of the log's own fields. */
function reportData(report: VerifyReport | Unlooked): object {
  if (report.verdict === 'unknown') return report
  const { lastSeq, damageCount, tornBytes, ...same } = report
  return { ...same, last_seq: lastSeq, damage_count: damageCount, torn_bytes: tornBytes }
}
