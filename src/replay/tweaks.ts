/** What if: a recording's inputs with some of them changed, left out, doubled or held back. */
import { RamureError } from '../log/error.ts'
import type { Entry, Json } from '../log/events.ts'

export interface Tweaks {
  /** Answers to give instead, by the input's `seq`: JSON, or an error's message. */
  readonly set?: ReadonlyMap<number, { readonly value: Json } | { readonly error: string }>
  readonly drop?: readonly number[]
  readonly dup?: readonly number[]
  /** By how many inputs each is held back. */
  readonly delay?: ReadonlyMap<number, number>
}

/** The inputs to hand over, or undefined when nothing is changed. Throws ERR_TWEAK when a `seq` is no input. */
export function tweakedInputs(recording: readonly Entry[], tweaks: Tweaks): readonly Entry[] | undefined {
  const { set = new Map(), drop = [], dup = [], delay = new Map() } = tweaks
  const named = [...set.keys(), ...drop, ...dup, ...delay.keys()]
  if (named.length === 0) return undefined
  for (const seq of named) checkInput(recording, seq)
  const kept = recording.filter((entry) => entry.by === 'world' && !drop.includes(entry.seq))
  const changed = kept.flatMap((entry) => {
    const answer = set.get(entry.seq)
    const now = answer ? ({ ...entry, data: answerData(entry, answer) } as Entry) : entry
    return dup.includes(entry.seq) ? [now, now] : [now]
  })
  return heldBack(changed, delay)
}

function checkInput(recording: readonly Entry[], seq: number): void {
  const entry = recording.find((each) => each.seq === seq)
  if (entry?.by === 'world') return
  const what = entry ? `#${seq} is ${entry.type}, which the program made itself` : `there is no #${seq}`
  throw new RamureError('ERR_TWEAK', `Only inputs can be changed: ${what}.`, {
    hint: '`ramure tail --detail` shows every entry; inputs are calls, answers, timers.',
  })
}

/** The field of an answer that holds its value; other inputs are replaced whole. */
function answerData(entry: Entry, answer: { readonly value: Json } | { readonly error: string }): unknown {
  if ('error' in answer) return { error: { name: 'Error', message: answer.error } }
  if (entry.type === 'step_result') return { value: answer.value }
  if (entry.type === 'tool_call') return { ...entry.data, params: answer.value }
  if (entry.type === 'endpoint_called') return { ...entry.data, kwargs: answer.value }
  const isObject = typeof answer.value === 'object' && answer.value !== null && !Array.isArray(answer.value)
  return isObject ? { ...entry.data, ...(answer.value as object) } : answer.value
}

function heldBack(inputs: readonly Entry[], delay: ReadonlyMap<number, number>): readonly Entry[] {
  const places = inputs.map((entry, index) => ({ entry, place: index + (delay.get(entry.seq) ?? 0) + (delay.has(entry.seq) ? 0.5 : 0) }))
  return places.sort((a, b) => a.place - b.place).map(({ entry }) => entry)
}
