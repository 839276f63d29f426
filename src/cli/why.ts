/** `ramure why <run> [seq]`: how it came to this. */
import { closeSync, existsSync, openSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Entry } from '../log/events.ts'
import { endOf, NOTE_TYPES, type Reason, reasonOf } from '../projections/reason.ts'
import { type Action, type Cli, textOption } from './cli.ts'
import { FULL_BYTES, freeBytes } from './disk.ts'
import { entryAt, noEntry, seqOf } from './entry-at.ts'
import { EXIT } from './exit-code.ts'
import { type LoadedRun, loadRun, sayUnreadable } from './load.ts'
import { remainsOf } from './remains.ts'
import { chooseLog, wantedRun } from './runs.ts'
import { tornBytes } from './torn-bytes.ts'
import { type ChainLink, inFlight, type WaitingView, whyData } from './why-data.ts'
import { whyText } from './why-text.ts'

/** Longer chains say less: the nearest reasons are what was asked for. */
const LINKS_MAX = 16

export const run: Action = async (world, args, options) => {
  const [wanted, seqText] = runAndSeq(args)
  const seq = seqText === undefined ? null : seqOf(seqText)
  const { cli, run: chosen, name } = await chooseLog(world, wantedRun(wanted, options))
  const loaded = await loadRun(cli, chosen)
  sayUnreadable(cli, loaded.unreadable)
  const notes = await notesOf(cli, chosen)
  const start = seq === null ? await startOf(cli, loaded, notes) : await asked(cli, chosen, seq)
  const { chain, isCut } = await chainFrom(cli, chosen, start, notes)
  const { state } = loaded
  const data = whyData({
    loaded,
    name,
    nowMs: cli.now(),
    asked: seq,
    chain,
    chainIsCut: isCut,
    tornBytes: tornIn(cli, chosen),
    waiting: seq === null && options['replay'] !== false ? await waitingOf(cli, loaded, chain, textOption(options, 'program')) : null,
    programIsThere: state.run.program !== null && existsSync(state.run.program),
    freeBytes: loaded.life === 'orphaned' ? await lackOfRoom(cli) : null,
    remains: seq === null && loaded.life !== 'live' ? await remains(cli, loaded) : null,
  })
  const { width, paint, colour } = cli.output
  cli.output.answer(data, () => whyText(data, { width, paint, colour, nowMs: cli.now(), timeZone: cli.timeZone, name }))
  return seq === null && loaded.life === 'orphaned' ? EXIT.runOrphaned : EXIT.ok
}

/** One word is a run unless it is a number. */
function runAndSeq(args: readonly string[]): readonly [run: string | undefined, seq: string | undefined] {
  const [first, second] = args
  if (second !== undefined) return [first, second]
  return first !== undefined && /^#?\d+$/.test(first) ? [undefined, first] : [first, undefined]
}

async function notesOf(cli: Cli, run: string): Promise<readonly Entry[]> {
  const notes: Entry[] = []
  for await (const entry of cli.store.read(run, { types: NOTE_TYPES })) if ('seq' in entry) notes.push(entry)
  return notes
}

async function asked(cli: Cli, run: string, seq: number): Promise<Entry> {
  const entry = await entryAt(cli, run, seq)
  if (!entry) throw await noEntry(cli, run, seq)
  return entry
}

/** Where the chain of a run begins: its end; without one the newest thing that was in flight, else the last entry. */
async function startOf(cli: Cli, { run, state }: LoadedRun, notes: readonly Entry[]): Promise<Entry | null> {
  const end = state.run.endedAt === null ? null : endOf(notes)
  const seq = end?.seq ?? inFlight(state).at(-1)?.seq ?? state.run.lastSeq
  return seq < 1 ? null : entryAt(cli, run, seq)
}

async function chainFrom(
  cli: Cli,
  run: string,
  start: Entry | null,
  notes: readonly Entry[],
): Promise<{ chain: readonly ChainLink[]; isCut: boolean }> {
  if (start === null) return { chain: [], isCut: false }
  const chain: ChainLink[] = [{ entry: start, link: null, why: null }]
  for (let entry = start; chain.length < LINKS_MAX; ) {
    const reason = safeReason(entry, notes)
    // How an agent or the run began says little about what became of it, unless that is what was asked.
    const isOver = reason?.isStart === true && chain.length > 1
    const next = reason && !isOver && (await entryAt(cli, run, reason.seq))
    if (!reason || !next) return { chain, isCut: false }
    chain.push({ entry: next, link: reason.link, why: reason.why })
    entry = next
  }
  return { chain, isCut: true }
}

/** An entry whose data does not fit its type, in a log that was edited by hand, has no reason. */
function safeReason(entry: Entry, notes: readonly Entry[]): Reason | null {
  try {
    return reasonOf(entry, notes)
  } catch {
    return null
  }
}

function tornIn(cli: Cli, run: string): number | null {
  try {
    const fd = openSync(join(cli.store.location, run, 'events.jsonl'), 'r')
    try {
      return tornBytes(fd)
    } finally {
      closeSync(fd)
    }
  } catch {
    return null
  }
}

/** Null for a run of another machine: what is left there cannot be seen from here. */
async function remains(cli: Cli, { run, state }: LoadedRun) {
  return state.run.host === hostname() ? remainsOf(cli.env, run) : null
}

async function lackOfRoom({ store }: Cli): Promise<number | null> {
  const free = await freeBytes(store.location)
  return free !== null && free < FULL_BYTES ? free : null
}

/** Loaded only here: it brings the runtime with it. */
async function waitingOf(
  cli: Cli,
  loaded: LoadedRun,
  chain: readonly ChainLink[],
  program: string | undefined,
): Promise<WaitingView | null> {
  const until = momentBeforeEnd(loaded, chain)
  if (until === 'nothing') return null
  const { replayWaiting } = await import('./why-waiting.ts')
  return replayWaiting(cli, loaded, { until, program })
}

/** Up to where a replay shows what was waited for: all of it (null), or what came before the input that ended everything. */
function momentBeforeEnd({ state }: LoadedRun, chain: readonly ChainLink[]): number | null | 'nothing' {
  if (state.run.endedAt === null) return null
  if (state.run.status === 'completed') return 'nothing'
  const decisive = chain.find(({ entry }) => entry.by === 'world' || entry.type === 'fail')?.entry
  return decisive && INTERRUPTIONS.has(decisive.type) ? decisive.seq - 1 : 'nothing'
}

/** What ends a process that was waiting for something else. */
const INTERRUPTIONS: ReadonlySet<string> = new Set(['timer_fired', 'stop_requested', 'agent_exited', 'disconnected'])
