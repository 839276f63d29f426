/** What the two agents of the demo say and do: once as the answers of a model, once as scripted agents. */
import type { ScriptedAgent } from '../runtime/driver-choice.ts'
import type { ModelRequest } from '../testing/model-request.ts'
import type { ModelStep } from '../testing/model-stream.ts'

const DRAFT = `export const fizzbuzz = (n: number) => {
  if (n % 3 === 0) return 'Fizz'
  if (n % 5 === 0) return 'Buzz'
  return String(n)
}`
const FIXED = `export const fizzbuzz = (n: number) => {
  if (n % 15 === 0) return 'FizzBuzz'
  if (n % 3 === 0) return 'Fizz'
  if (n % 5 === 0) return 'Buzz'
  return String(n)
}`
const WHY = '15 gives Fizz, it must give FizzBuzz.'

interface Act {
  readonly tool: string
  readonly params: Record<string, string>
}

/** What an agent does about a message; null when there is nothing to do. */
function actOn(tools: readonly string[], text: string): Act | null {
  if (tools.includes('submit')) {
    if (text.includes('Implement:')) return { tool: 'submit', params: { code: DRAFT } }
    if (text.includes('Fix:')) return { tool: 'submit', params: { code: FIXED } }
  }
  if (tools.includes('approve') && text.includes('Review:')) {
    const code = text.slice(text.indexOf('Review:') + 'Review:'.length).trim()
    return code.includes('15') ? { tool: 'approve', params: { code } } : { tool: 'reject', params: { why: WHY } }
  }
  return null
}

/** The scripted model: its answer follows from the conversation alone, so the demo needs no key and no network. */
export function demoModel({ tools, messages }: ModelRequest): ModelStep {
  const asked = messages.findLastIndex((message) => message.role === 'user')
  const answered = messages.slice(asked + 1).some((message) => message.role === 'assistant')
  const act = answered ? null : actOn(tools, messages[asked]?.text ?? '')
  if (!act) return { kind: 'say', text: 'Done; waiting for the next message.' }
  return { kind: 'call', calls: [{ tool: act.tool, args: act.params }] }
}

/** Plays either agent without pi. */
export async function playDemo(me: ScriptedAgent): Promise<void> {
  for await (const { text } of me.messages) {
    const act = actOn(me.tools, text)
    // The last call may be cut off by the end of the run that it brought about.
    if (act) await me.call(act.tool, act.params).catch(() => {})
  }
}
