import type { RunLog } from './append.ts'
import type { Entry, EventData } from './events.ts'

/** Appends `run_ended`, with the checksum of everything before it. Throws ERR_LOG_DEAD. */
export function appendEnd(log: RunLog, data: Omit<EventData['run_ended'], 'checksum'>): Entry {
  const { bytes, crc32 } = log.position()
  return log.append({ type: 'run_ended', by: 'runtime', scope: '/', data: { ...data, checksum: { bytes, crc32 } } })
}
