/** What names an entry among others of its type in one scope: never prompts, durations or ids. */
import type { Entry } from './events.ts'

/** The label of an entry: an agent, tool, event, process, endpoint, step, machine file or timer kind. */
export function labelOf(entry: Pick<Entry, 'type' | 'data' | 'agent'>): string {
  const data = entry.data as Readonly<Record<string, unknown>>
  switch (entry.type) {
    case 'process_spawned':
      return text(data.process)
    case 'emit':
      return text(data.event)
    case 'endpoint_exposed':
    case 'endpoint_called':
    case 'endpoint_returned':
      return text(data.endpoint)
    case 'tool_registered':
      return `${entry.agent ?? ''} ${text(data.name)}`
    case 'send_refused':
      return `${entry.agent ?? ''} ${text(data.to)}`
    case 'connection_added':
      return `${text(data.a)} ${text(data.b)}`
    case 'machine_created':
      return text(data.kind)
    case 'exec_started':
      return `${text(data.machine)} ${text(data.command).trim().split(/\s/, 1)[0] ?? ''}`
    case 'file_read_started':
    case 'file_write_started':
      return `${text(data.machine)} ${text(data.path)}`
    case 'step_started':
      return text(data.name)
    case 'timer_set':
    case 'timer_cleared':
      return text(data.timer).split(':', 1)[0] ?? ''
    default:
      return entry.agent ?? ''
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
