/** `ramure diff <a> <b>`: two runs side by side. */

import { digest } from '../log/digest.ts'
import { RamureError } from '../log/error.ts'
import type { Entry } from '../log/events.ts'
import { type DiffStep, diffRuns, stepper } from '../replay/run-diff.ts'
import { type Action, type Options, textOption } from './cli.ts'
import { type DiffSide, diffData } from './diff-data.ts'
import { diffText } from './diff-text.ts'
import { entryAt, mustHaveEntries } from './entry-at.ts'
import { EXIT } from './exit-code.ts'
import { loadRun, sayUnreadable } from './load.ts'
import { type ChosenRun, chooseLog } from './runs.ts'
import { plain } from './text.ts'

export const run: Action = async (world, [first, second], options) => {
  const count = countOption(options)
  const [left, right] = [await chooseLog(world, first), await chooseLog(world, second)]
  const [a, b] = [await sideOf(left), await sideOf(right)]
  const diff = diffRuns(a.steps, b.steps)
  const shown = diff.differences.slice(0, Math.max(1, count))
  const data = diffData(
    diff,
    a,
    b,
    await Promise.all(shown.map(async ({ a: at, b: other }) => [await entry(left, at), await entry(right, other)] as const)),
  )
  const { width, paint, colour } = world.output
  world.output.answer(data, () => diffText(data, { width, paint, colour, timeZone: world.timeZone }))
  if (data.a.unreadable + data.b.unreadable > 0) return EXIT.logDamaged
  return data.same ? EXIT.ok : EXIT.diverged
}

async function sideOf(chosen: ChosenRun): Promise<DiffSide & { readonly steps: readonly DiffStep[] }> {
  const { cli, run, name } = chosen
  await mustHaveEntries(cli, run)
  const loaded = await loadRun(cli, run)
  sayUnreadable(cli, loaded.unreadable)
  const stepOf = stepper(digest)
  const steps: DiffStep[] = []
  for await (const item of cli.store.read(run)) {
    const step = 'unreadable' in item ? null : safely(() => stepOf(item))
    if (step) steps.push(step)
  }
  return { name, loaded, steps }
}

/** An entry whose data does not fit its type, in a log that was edited by hand, was told of already. */
function safely<T>(look: () => T): T | null {
  try {
    return look()
  } catch {
    return null
  }
}

async function entry({ cli, run }: ChosenRun, seq: number | null): Promise<Entry | null> {
  return seq === null ? null : entryAt(cli, run, seq)
}

function countOption(options: Options): number {
  const text = textOption(options, 'lines') ?? '12'
  if (text === 'all') return Number.POSITIVE_INFINITY
  if (/^\d{1,6}$/.test(text)) return Number(text)
  throw new RamureError('ERR_USAGE', `-n takes a whole number or "all", not ${JSON.stringify(plain(text, 80))}.`, {
    hint: 'for example  -n 50',
  })
}
