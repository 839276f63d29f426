import type { Action, Cli } from './cli.ts'
import { checks } from './doctor-checks.ts'
import { bad, type Check, type Finding } from './doctor-finding.ts'
import { failureOf } from './error-text.ts'
import { EXIT } from './exit-code.ts'
import { plain } from './text.ts'

/** `ramure doctor [--fix]`: exit 1 when something is broken and was not repaired. */
export const run: Action = async (cli, _args, options) => {
  const repairs = options['fix'] === true
  const results: Result[] = []
  for (const check of checks) for (const finding of await outcomeOf(check, cli, results)) results.push(await treat(finding, repairs))
  const { paint } = cli.output
  cli.output.answer({ findings: results }, () => results.flatMap((result) => lines(result, paint)).join('\n'))
  return results.some((result) => result.verdict === 'fail' && result.repaired === null) ? EXIT.internal : EXIT.ok
}

/** A check that cannot be made must not keep the others from being made. Without a home there is nothing to look at in it. */
async function outcomeOf({ name, look }: Check, cli: Cli, before: readonly Result[]): Promise<readonly Finding[]> {
  try {
    return await look(cli)
  } catch (error) {
    const isHomeless = before.some(({ check, verdict }) => check === 'home' && verdict === 'fail')
    return isHomeless ? [] : [bad('fail', name, failureOf(error).message, `ls -la ${cli.folders.root}`)]
  }
}

interface Result extends Omit<Finding, 'repair'> {
  readonly repaired: string | null
  /** True when `--fix` would do something about it. */
  readonly repairable: boolean
}

async function treat({ repair, ...finding }: Finding, repairs: boolean): Promise<Result> {
  const repaired = repairs && repair ? await repair().catch((error: unknown) => `could not be repaired: ${String(error)}`) : null
  return { ...finding, repaired: repaired?.startsWith('could not') ? null : repaired, repairable: repair !== undefined }
}

const GLYPHS = { ok: '✔', warn: '!', fail: '✗' } as const
const TONES = { ok: 'good', warn: 'warn', fail: 'bad' } as const

function lines(
  { check, verdict, message, fix, repaired, repairable }: Result,
  paint: (tone: 'good' | 'warn' | 'bad' | 'faint', text: string) => string,
): string[] {
  const first = `${paint(TONES[verdict], `${GLYPHS[verdict]} ${check.padEnd(8)}`)} ${plain(message, 2000)}`
  if (repaired !== null) return [first, `  ${'repaired'.padEnd(8)} ${repaired}`]
  if (fix === null) return [first]
  return [first, `  ${paint('faint', 'fix'.padEnd(8))} ${plain(fix, 2000)}${repairable ? '   (ramure doctor --fix)' : ''}`]
}
