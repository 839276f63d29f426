/**
 * What happened in a rerun, as a log of its own: the inputs as they were recorded, the outputs as they were made now.
 *
 * N1 An input keeps its time; an output has the time of the input it was made after, which is all the program knew.
 * N2 Causes and places in agents' streams are those of the new log.
 * N3 An input that cannot have come any more is left out: an answer to what was not asked, a word of an agent that is not
 *    there, the end of one that was not told to go, anything after the end.
 */
import type { Draft, Entry } from '../log/events.ts'
import type { Happened } from './compare.ts'

export interface Relogged {
  /** Everything between the header and the end of the run. */
  readonly drafts: readonly { readonly draft: Draft; readonly time: string }[]
  /** `seq` of the inputs that were left out. */
  readonly leftOut: readonly number[]
}

/** @param recording the entries that were rerun, header first. @param trace what happened, in order. */
export function relog(recording: readonly Entry[], trace: readonly Happened[]): Relogged {
  const drafts: { draft: Draft; time: string }[] = []
  const leftOut: number[] = []
  const seqs = new Map<number, number>([[1, 1]])
  const places = agentPlaces()
  const notes = recording.filter((entry) => entry.type === 'agent_spawned')
  const end = rootScope(recording)
  let time = recording[0]?.time ?? ''
  let ended = false
  const add = (draft: Draft) => void drafts.push({ draft, time })
  const addNotesBefore = (seq: number) => {
    for (let note = notes[0]; note !== undefined && note.seq < seq; note = notes[0]) {
      notes.shift()
      if (places.has(note.agent)) add(withCause(bare(note), seqs))
    }
  }
  for (const { what, as } of trace) {
    if (what.by === 'world') {
      const entry = what as Entry
      addNotesBefore(entry.seq)
      if (ended || !isTaken(entry, seqs, places)) {
        leftOut.push(entry.seq)
        continue
      }
      time = entry.time
    }
    if (ended) continue
    add(places.placed(withCause(bare(what), seqs), (recordedAt(recording, as) ?? what).aseq))
    // The header has the first place of the new log.
    seqs.set(as, drafts.length + 1)
    ended = what.scope === end && ENDS.has(what.type)
  }
  addNotesBefore(Number.POSITIVE_INFINITY)
  return { drafts, leftOut }
}

const ENDS: ReadonlySet<string> = new Set(['process_done', 'process_failed', 'process_cancelled'])
const ANSWERS: ReadonlySet<string> = new Set(['exec_result', 'file_read', 'file_written', 'step_result', 'timer_fired'])

type Places = ReturnType<typeof agentPlaces>

function isTaken(entry: Entry, seqs: ReadonlyMap<number, number>, places: Places): boolean {
  if (ANSWERS.has(entry.type)) return seqs.has(entry.cause ?? 0)
  if (entry.agent !== undefined && !places.has(entry.agent)) return false
  if (entry.type === 'agent_exited' && entry.data.cause === 'shutdown') return places.isToldToGo(entry.agent)
  return entry.type !== 'message_applied' || places.of(entry.agent, entry.data.aseq) !== undefined
}

/** Where entries of agents' own streams were, and where they are now. */
function agentPlaces() {
  const counts = new Map<string | undefined, number>()
  const now = new Map<string, number>()
  const toldToGo = new Set<string | undefined>()
  const of = (agent: string | undefined, recorded: number) => now.get(`${agent} ${recorded}`)
  return {
    has: (agent: string | undefined) => counts.has(agent),
    of,
    isToldToGo: (agent: string | undefined) => toldToGo.has(agent),
    placed(draft: Draft, recorded: number | undefined): Draft {
      if (draft.agent === undefined) return draft
      const aseq = (counts.get(draft.agent) ?? 0) + 1
      counts.set(draft.agent, aseq)
      if (draft.type === 'shutdown') toldToGo.add(draft.agent)
      // A name is free again after its agent has gone.
      if (draft.type === 'agent_created') toldToGo.delete(draft.agent)
      if (recorded !== undefined) now.set(`${draft.agent} ${recorded}`, aseq)
      if (draft.type !== 'message_applied') return { ...draft, aseq }
      return { ...draft, aseq, data: { aseq: of(draft.agent, draft.data.aseq) ?? draft.data.aseq } }
    },
  }
}

function bare(what: Entry | Draft): Draft {
  const { seq: _seq, time: _time, aseq: _aseq, ...draft } = what as Entry
  return draft as Draft
}

function withCause({ cause, ...draft }: Draft, seqs: ReadonlyMap<number, number>): Draft {
  const now = cause === undefined ? undefined : seqs.get(cause)
  return (now === undefined ? draft : { ...draft, cause: now }) as Draft
}

function recordedAt(recording: readonly Entry[], seq: number): Entry | undefined {
  return recording[seq - 1]
}

function rootScope(recording: readonly Entry[]): string {
  const [header] = recording
  return header?.type === 'run_started' ? `/${header.data.process}#0` : ''
}
