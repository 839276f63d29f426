/** What a log says that cannot have happened: every line is whole, and yet it was edited, or put together from two. */
import type { Entry, EventType } from '../log/events.ts'
import type { Answers } from '../runtime/pending.ts'

/** Which output each answer answers. */
const ASKED = {
  exec_result: 'exec_started',
  file_read: 'file_read_started',
  file_written: 'file_write_started',
  step_result: 'step_started',
  timer_fired: 'timer_set',
} as const satisfies { readonly [answer in Answers[keyof Answers] | 'timer_fired']: EventType }

/** The first contradiction as a sentence, or null. @param entries whole, in order of `seq`, without a gap. */
export function contradictionIn(entries: readonly Entry[]): string | null {
  const from = entries[0]?.seq ?? 1
  const answered = new Uint8Array(entries.length)
  const created = new Set<string>()
  for (const entry of entries) {
    const { seq, type, agent, cause } = entry
    if (type === 'agent_created' && agent !== undefined) created.add(agent)
    if (cause !== undefined && cause >= seq) return `#${seq} ${type} is put down to #${cause}, which comes after it`
    if (entry.by !== 'world') continue
    if (agent !== undefined && !created.has(agent)) return `#${seq} ${type} is of the agent '${agent}', which nobody had created`
    const question = ASKED[type as keyof typeof ASKED] as EventType | undefined
    if (question === undefined) continue
    const asked = cause === undefined ? undefined : entries[cause - from]
    if (asked?.type !== question)
      return `#${seq} ${type} answers ${cause === undefined ? 'nothing' : `#${cause}, which is ${described(asked)}`}`
    if (answered[asked.seq - from] === 1) return `#${seq} ${type} answers #${asked.seq}, which was answered before`
    answered[asked.seq - from] = 1
  }
  return null
}

function described(entry: Entry | undefined): string {
  return entry ? `${entry.type}` : 'not there'
}
