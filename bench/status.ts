/**
 * Whether a run of a million entries is looked at as quickly as one of a hundred: `status`, `ls --all` and `tail -n 20` of the
 * built command line, each over a home with one run, from the start of the process to its end. Floors: the same command over
 * a hundred entries, and Node alone. Needs a build. `node bench/status.ts [--json [file]] [--small]`.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Bench, Figure } from './support/bench.ts'
import { writeLongLog } from './support/long-log.ts'
import { main } from './support/main.ts'

const RUN = 'brisk-otter-4q7m2xk9'
const COMMANDS = { status: ['status'], ls: ['ls', '--all'], tail: ['tail', '-n', '20'] } as const
type Command = keyof typeof COMMANDS

export const bench: Bench = {
  name: 'status',
  promises: [
    { what: 'status of 1,000,000 entries', figure: 'status of 1,000,000', timesFloorAtMost: 1.5 },
    { what: 'ls with a run of 1,000,000', figure: 'ls of 1,000,000', timesFloorAtMost: 1.25 },
    { what: 'tail of 1,000,000', figure: 'tail of 1,000,000', timesFloorAtMost: 1.25 },
    { what: 'status of 100 entries', figure: 'status of 100', timesFloorAtMost: 4 },
  ],
  run,
}

async function run({ small }: { readonly small: boolean }): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'ramure-bench-status-'))
  try {
    const [few, many] = [join(folder, 'few'), join(folder, 'many')]
    writeLongLog(join(few, 'logs'), RUN, 100)
    writeLongLog(join(many, 'logs'), RUN, small ? 12_000 : 1_000_000)
    const figures = new Map<string, { floor?: string; rounds: number[] }>()
    const note = (name: string, ms: number, floor?: string): void => {
      const known = figures.get(name) ?? { rounds: [], ...(floor === undefined ? {} : { floor }) }
      known.rounds.push(ms)
      figures.set(name, known)
    }
    for (let round = 0; round < (small ? 1 : 9); round += 1) {
      rmSync(join(many, 'logs', RUN, 'snapshot.json'), { force: true })
      note('Node alone', timed(['-e', '0'], few))
      if (round < 3) note('status of 1,000,000, nothing kept', command('status', many))
      else command('status', many)
      for (const name of Object.keys(COMMANDS) as Command[]) {
        note(`${name} of 100`, command(name, few), 'Node alone')
        note(`${name} of 1,000,000`, command(name, many), `${name} of 100`)
      }
    }
    return [...figures].map(
      ([name, { rounds, floor }]): Figure => ({ name, unit: 'ms', rounds, ...(floor === undefined ? {} : { floor }) }),
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The command line that is there: the built one, as users have it, else the sources. */
const CLI = [fileURLToPath(new URL('../dist/cli.js', import.meta.url)), fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))]

function command(name: Command, home: string): number {
  return timed([CLI.find((file) => existsSync(file)) ?? '', ...COMMANDS[name]], home)
}

/** Milliseconds from the start of a Node process to its end. */
function timed(args: readonly string[], home: string): number {
  const startedMs = performance.now()
  execFileSync(process.execPath, args, { env: { ...process.env, RAMURE_HOME: home }, stdio: ['ignore', 'pipe', 'ignore'] })
  return performance.now() - startedMs
}

if (import.meta.main) await main(bench)
