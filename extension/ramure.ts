/**
 * What pi loads to become an agent of a run: its tools come from the program, its messages from the program's other
 * agents, and what it does is told to the run's log. docs/wire.md describes the protocol.
 */
import { randomUUID } from 'node:crypto'
import { type Activity, capsOf, messageEnd, messageStart, toolEnd, toolStart, turn } from './activity.ts'
import { type AgentFile, takeAgentFile } from './agent-file.ts'
import { type Message, openInbox } from './inbox.ts'
import { createLink } from './link.ts'
import type { PiApi, PiContext, PiEvent } from './pi-api.ts'
import type { WireEntry } from './sequence.ts'
import { createToolbox, type Definition } from './tools.ts'

/** pi's entry point. Outside of a run it does nothing. */
export default function ramure(pi: PiApi): void {
  const agent = takeAgentFile(process.env)
  if (agent) connectToRun(pi, agent)
}

/** The first prompt waits so long for the tools. */
const TOOLS_MS = 3000
/** A batch that pi dropped is noticed by looking. */
const WATCH_MS = 500
const FLUSH_MS = 500

function connectToRun(pi: PiApi, agent: AgentFile): void {
  const boot = randomUUID()
  const caps = capsOf(process.env)
  let context: PiContext | null = null
  let toolsArrived = (): void => {}
  const toolsReady = new Promise<void>((resolve) => (toolsArrived = resolve))

  const guard = guardWith((error) => report({ type: 'extension_error', data: { message: String(error).slice(0, 1000) } }))
  const link = createLink({ agent, boot, pid: process.pid, guard, apply, refused: (id, why) => tools.refuse(id, why) })
  const report = ({ type, data }: Activity): void => void link.send(type, data)
  const tools = createToolbox({ pi, boot, send: link.send })
  const applied = ({ aseq }: Message): void => void link.send('message_applied', { aseq })
  const lost = (messages: readonly Message[]): void => void link.send('message_unconfirmed', { aseqs: messages.map(({ aseq }) => aseq) })
  const inbox = openInbox({ pi, context: () => context, applied, lost, now: () => performance.now() })

  function apply({ type, data, seq }: WireEntry): void {
    if (type === 'registered') {
      for (const definition of data.tools as readonly Definition[]) tools.offer(definition)
      toolsArrived()
    } else if (type === 'tool_registered') tools.offer(data as unknown as Definition)
    else if (type === 'tool_result') tools.answer(data)
    else if (type === 'message')
      inbox.push({ aseq: seq, text: String(data.text), delivery: data.delivery === 'follow_up' ? 'follow_up' : 'steer' })
    else if (type === 'shutdown') leave()
  }

  /** pi leaves when it is idle; an agent that hangs in a call never would be. */
  function leave(): void {
    context?.abort()
    tools.refuseAll('The run has ended.')
    context?.shutdown()
  }

  const on = (event: string, listener: (event: PiEvent, context: PiContext) => unknown): void => pi.on(event, guard(listener))

  // A folder with settings of its own would stop an interactive start at a question that nobody answers.
  pi.on('project_trust', () => ({ trusted: process.env.RAMURE_TRUST_PROJECT === '1' ? 'yes' : 'no' }))
  on('session_start', (_event, current) => {
    context = current
    if (hasNoModel(current)) return refuseToStart(current)
    link.open()
    return Promise.race([toolsReady, new Promise((resolve) => setTimeout(resolve, TOOLS_MS).unref())])
  })
  on('session_shutdown', () => {
    context = null
    return link.close(FLUSH_MS)
  })

  on('turn_start', (event) => report(turn('turn_start', event)))
  on('turn_end', (event, current) => {
    report(turn('turn_end', event))
    inbox.turnEnded(event, current)
  })
  on('message_start', (event) => {
    const started = messageStart(event)
    if (started) report(started)
    if (event.message) inbox.messageStarted(event.message)
  })
  on('message_end', (event) => messageEnd(event, caps).forEach(report))
  on('tool_execution_start', (event) => report(toolStart(event, caps)))
  on('tool_execution_end', (event) => toolEnd(event, caps).forEach(report))

  // Idle is what pi becomes after it has told so.
  const look = guard(inbox.settled)
  for (const event of ['agent_end', 'agent_settled']) on(event, () => void setTimeout(look, 0))
  setInterval(look, WATCH_MS).unref()
}

/** A pi without login or model starts all the same, and would take no message for ever. */
const hasNoModel = ({ model }: PiContext): boolean => model?.provider === 'unknown' && model.id === 'unknown'

/** On stderr, because that is where the launcher looks for the reason. */
function refuseToStart(context: PiContext): void {
  process.stderr.write('pi has no model: log in with `pi` and /login, set the key of a provider, or name a model.\n')
  setTimeout(() => context.shutdown(), 0)
}

/** An exception in a callback of ours would end pi: it becomes an event instead. */
function guardWith(failed: (error: unknown) => void) {
  const quietly = (error: unknown): void => {
    try {
      failed(error)
    } catch {
      // There is nobody left to tell.
    }
  }
  return <A extends unknown[], R>(fn: (...args: A) => R) =>
    (...args: A): R | undefined => {
      try {
        const result = fn(...args)
        // A listener may be async as well; pi awaits what it returns.
        return result instanceof Promise ? (result.catch(quietly) as R) : result
      } catch (error) {
        quietly(error)
        return undefined
      }
    }
}
