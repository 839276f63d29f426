import type { Entry, EntryOf } from '../log/events.ts'
import { endIn } from '../log/outcome-in.ts'
import type { RunRef } from '../log/store.ts'
import { NEVER_BEGAN } from '../log/store-errors.ts'
import { brokenText } from '../projections/broken.ts'
import { type Action, type Cli, textOption } from './cli.ts'
import { isEmptyLog } from './entry-at.ts'
import { type Life, lifeOf } from './load.ts'
import { listText, nothingText, type RunSummary } from './ls-text.ts'
import { sayStale } from './runs.ts'
import { shortNameOf } from './short-name.ts'
import { spentOn } from './spent.ts'
import { momentOf } from './when.ts'

/** `ramure ls`: live runs; with `--all`, `--failed` or `--since` also those that are over. */
export const run: Action = async (cli, _args, options) => {
  const since = textOption(options, 'since')
  const sinceMs = since === undefined ? null : momentOf('since', since, { ms: cli.now(), timeZone: cli.timeZone })
  const all = options['all'] === true || options['failed'] === true || since !== undefined
  const every = await cli.store.list()
  const refs = every.filter((ref) => sinceMs === null || ref.modified === null || Date.parse(ref.modified) >= sinceMs)
  const shown: RunSummary[] = []
  for (const ref of refs) {
    const summary = all || cli.store.writerAlive(ref.run) !== false ? await summarise(cli, ref) : null
    if (summary && (await isWanted(cli, summary, all, options['failed'] === true))) shown.push(summary)
  }
  const failed = options['failed'] === true
  const runs = failed ? shown : [...shown, ...(await runsElsewhere(cli, every))]
  const view = { ...cli.output, nowMs: cli.now(), timeZone: cli.timeZone, names: every.map((ref) => ref.run) }
  cli.output.answer({ runs }, () =>
    runs.length === 0
      ? nothingText({ all, failed, since, emptyAt: every.length === 0 ? cli.store.location : null })
      : listText(runs, all, view),
  )
  const [first] = runs
  if (failed && first) cli.output.talk(`how it came to this  ramure why ${shortNameOf(first.run, view.names)}`)
}

async function isWanted(cli: Cli, summary: RunSummary, all: boolean, failed: boolean): Promise<boolean> {
  if (failed && summary.counterexample !== null) return true
  if (failed && summary.status === 'cancelled') return wasCutOff(cli, summary.run)
  if (failed) return ['failed', 'timed_out', 'orphaned', 'unreadable'].includes(summary.status)
  return all || summary.status === 'running' || summary.status === 'starting'
}

/** A machine that shuts down, a terminal that closes: nobody wanted that run to end. Ctrl-C and `ramure stop` are wishes. */
async function wasCutOff(cli: Cli, run: string): Promise<boolean> {
  const asked = await entryOf(cli.store.read(run, { types: ['stop_requested'], reverse: true }))
  return asked?.type === 'stop_requested' && /^signal SIG(TERM|HUP)$/.test(asked.data.caller)
}

/** The first and the last entry say most of it; only the costs need more of the log. */
async function summarise(cli: Cli, ref: RunRef): Promise<RunSummary> {
  const alive = cli.store.writerAlive(ref.run)
  const first = await entryOf(cli.store.read(ref.run, { to: 1 }))
  const last = await entryOf(cli.store.read(ref.run, { reverse: true }))
  const isEmpty = last === null && (await isEmptyLog(cli, ref.run))
  const started = first?.type === 'run_started' ? first : null
  const end = endIn(last)
  const life = lifeOf(end !== null, alive)
  const counterexample = started?.data.counterexample ?? null
  const spent = await spentOn(cli, ref)
  const startMs = Date.parse(first?.time ?? '')
  const untilMs = life === 'live' ? cli.now() : Date.parse(last?.time ?? '')
  return {
    run: ref.run,
    status:
      last === null && !isEmpty && alive === false ? 'unreadable' : end ? end.data.outcome : (counterexample?.outcome ?? LIFE_WORDS[life]),
    process: started?.data.process ?? null,
    program: started?.data.program ?? null,
    pid: started?.data.pid ?? null,
    started_at: first?.time ?? null,
    ended_at: end?.time ?? null,
    last_at: last?.time ?? null,
    duration_ms: end?.data.duration_ms ?? (Number.isNaN(untilMs - startMs) ? null : Math.max(0, untilMs - startMs)),
    reason: counterexample ? brokenText(counterexample) : reasonOf(end, life, isEmpty),
    counterexample,
    kept_at: counterexample && ref.modified,
    events: last?.seq ?? null,
    cost_usd: spent && spent.pricedCount > 0 ? spent.costNanoUsd / 1e9 : null,
    unpriced: spent?.unpricedCount ?? 0,
    bytes: ref.bytes,
  }
}

const LIFE_WORDS: { readonly [life in Life]: string } = { live: 'running', ended: 'completed', orphaned: 'orphaned', unknown: 'unknown' }

function reasonOf(end: EntryOf<'run_ended'> | null, life: Life, isEmpty: boolean): string | null {
  if (life === 'orphaned') return isEmpty ? NEVER_BEGAN : 'runtime vanished'
  return end?.data.error?.message ?? null
}

async function entryOf(entries: ReturnType<Cli['store']['read']>): Promise<Entry | null> {
  for await (const entry of entries) if (!('unreadable' in entry)) return entry
  return null
}

/** Live runs that keep their log in another folder. */
async function runsElsewhere(cli: Cli, refs: readonly RunRef[]): Promise<readonly RunSummary[]> {
  const { liveRuns } = await import('../wire/registry.ts')
  const { live, stale } = await liveRuns(cli.folders.runtimes)
  sayStale(cli, stale)
  const here = new Set(refs.map((ref) => ref.run))
  return live
    .filter((each) => !here.has(each.run))
    .map((each) => ({
      run: each.run,
      status: 'running',
      process: null,
      program: each.program,
      pid: each.pid,
      started_at: each.started_at,
      ended_at: null,
      last_at: null,
      duration_ms: cli.now() - Date.parse(each.started_at),
      reason: 'its log is in another folder',
      counterexample: null,
      kept_at: null,
      events: null,
      cost_usd: null,
      unpriced: 0,
      bytes: null,
    }))
}
