/** Keeps a counterexample as an ordinary run, beside the real ones. */
import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BrokenProperty, RunStarted } from '../../log/events.ts'
import { homeFolders } from '../../log/home.ts'
import { runIdFrom } from '../../log/ids.ts'
import { canonical, toJson } from '../../log/json.ts'
import { jsonlStore } from '../../log/jsonl.ts'
import { codeIdentity } from '../../runtime/code-identity.ts'
import { type Played, playPlan, type Subject } from './play.ts'

/** Where runs are kept for `ramure replay`: the folder of RAMURE_HOME. */
function homeLogs(): string {
  return homeFolders(process.env).logs
}

/**
 * Plays the plan once more, into a log of its own, with the test beside it that `ramure export-test` takes. The same counterexample is the same run: what was there under its id is
 * replaced. Resolves with the run's id, or null when it could not be written.
 */
export async function keep(
  subject: Subject,
  { plan }: Played,
  program: string | null,
  { testText, counterexample }: Told,
): Promise<string | null> {
  const { name } = subject.definition
  const values = plan.args.map(({ value }) => value)
  const digest = createHash('sha256')
    .update(canonical(toJson([name, plan.seed, values, plan.schedule])))
    .digest()
  const run = runIdFrom(Buffer.from(digest))
  try {
    const store = jsonlStore(homeLogs())
    if ((await store.list()).some((known) => known.run === run)) await store.delete(run)
    await playPlan(subject, plan, { store, header: { run, counterexample, ...(await place(program)) } })
    await writeFile(join(homeLogs(), run, 'counterexample.test.ts'), testText, { mode: 0o600 })
    return run
  } catch {
    // A folder that cannot be written must not hide what was found.
    return null
  }
}

/** What is kept beside what happened. */
interface Told {
  readonly testText: string
  readonly counterexample: BrokenProperty
}

async function place(program: string | null): Promise<Partial<RunStarted>> {
  const cwd = process.cwd()
  return { program, cwd, code: await codeIdentity(program, cwd) }
}
