/** The first line of a run: everything that a rerun needs to find the same program and give it the same start. */
import { hostname } from 'node:os'
import { FORMAT_VERSION, type RunStarted } from '../log/events.ts'
import { toJson } from '../log/json.ts'
import { VERSION } from '../log/version.ts'
import { codeIdentity } from './code-identity.ts'
import type { Definition } from './lifecycle.ts'

export interface HeaderFacts {
  readonly run: string
  readonly seed: string
  /** How many runs of this process this Node process had started before. */
  readonly root: number
  readonly args: readonly unknown[]
  readonly summary: string | null
}

export async function runHeader(definition: Definition, facts: HeaderFacts): Promise<RunStarted> {
  const cwd = process.cwd()
  const program = process.argv[1] ?? null
  return {
    v: FORMAT_VERSION,
    run: facts.run,
    ramure: VERSION,
    flags: [],
    seed: facts.seed,
    process: definition.name,
    root: facts.root,
    args: facts.args.map(toJson),
    summary: facts.summary,
    program,
    argv: process.argv.slice(2),
    cwd,
    pid: process.pid,
    host: hostname(),
    node: process.version,
    node_started_at: new Date(performance.timeOrigin).toISOString(),
    tz: Intl.DateTimeFormat().resolvedOptions().timeZone,
    server_url: null,
    code: await codeIdentity(program, cwd),
    parent: null,
  }
}
