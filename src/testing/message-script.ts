import type { JsonObject } from '../log/events.ts'
import type { ModelMessage, ModelRequest } from './model-request.ts'
import type { ModelStep, PlannedCall } from './model-stream.ts'

/**
 * A model that follows the script in the newest user message that has one. A script is a line of steps divided by `;;`:
 * `say <text>`, `call <tool> <json>`, `calls <tool> <json> && <tool> <json>` (in parallel), `error <status>`, `hang`;
 * `sleep <ms>` and `think <word>` may stand before a step. When no step is left it says what the last tool answered.
 * Throws a SyntaxError when a step cannot be read.
 */
export function messageScript(request: ModelRequest): ModelStep {
  const at = request.messages.findLastIndex((message) => message.role === 'user' && stepsOf(message.text).length > 0)
  const after = request.messages.slice(at + 1)
  const step = stepsOf(request.messages[at]?.text ?? '')[after.filter((message) => message.role === 'assistant').length]
  return step === undefined ? { kind: 'say', text: closingWords(after) } : parseStep(step)
}

const VERBS = /^(?:\[From: [^\]]*\] )?((?:say|call|calls|error|hang|sleep|think)(?: .*)?)$/

function stepsOf(text: string): string[] {
  const script = text.split('\n').flatMap((line) => VERBS.exec(line.trim())?.[1] ?? [])
  return script
    .flatMap((line) => line.split(';;'))
    .map((step) => step.trim())
    .filter((step) => step !== '')
}

function closingWords(after: readonly ModelMessage[]): string {
  const answer = after.findLast((message) => message.role === 'tool')
  return answer === undefined ? 'done' : `done ${answer.text}`
}

function parseStep(step: string): ModelStep {
  const [verb, rest] = cut(step)
  if (verb === 'sleep') {
    const [ms, next] = cut(rest)
    return { ...parseStep(next), delayMs: Number(ms) }
  }
  if (verb === 'think') {
    const [thinking, next] = cut(rest)
    const planned = parseStep(next)
    return planned.kind === 'say' || planned.kind === 'call' ? { ...planned, thinking } : planned
  }
  if (verb === 'say') return { kind: 'say', text: rest }
  if (verb === 'call') return { kind: 'call', calls: [parseCall(rest)] }
  if (verb === 'calls') return { kind: 'call', calls: rest.split('&&').map(parseCall) }
  if (verb === 'error') return { kind: 'error', status: Number(rest) }
  if (verb === 'hang') return { kind: 'hang' }
  throw new SyntaxError(`Cannot read the step ${JSON.stringify(step)}.`)
}

function parseCall(text: string): PlannedCall {
  const [tool, args] = cut(text.trim())
  // The author of a script writes an object; anything else is what the tool's own schema must refuse.
  return { tool, args: (args === '' ? {} : JSON.parse(args)) as JsonObject }
}

function cut(text: string): [string, string] {
  const space = text.indexOf(' ')
  return space === -1 ? [text, ''] : [text.slice(0, space), text.slice(space + 1).trim()]
}
