/** One entry by its number, as people give it. */
import { RamureError } from '../log/error.ts'
import type { Entry } from '../log/events.ts'
import { logEmpty } from '../log/store-errors.ts'
import type { Cli } from './cli.ts'
import { plain } from './text.ts'

/** `172` or `#172`. Throws ERR_USAGE. */
export function seqOf(text: string): number {
  const digits = text.replace(/^#/, '')
  if (/^[1-9]\d{0,14}$/.test(digits)) return Number(digits)
  throw new RamureError('ERR_USAGE', `An entry is named by its number, not by ${JSON.stringify(plain(text, 80))}.`, {
    hint: 'for example  ramure show brisk-otter 172         the numbers  ramure tail brisk-otter',
  })
}

/** Null when the log has no such entry. Throws ERR_LOG_LINE when it cannot be read. */
export async function entryAt(cli: Cli, run: string, seq: number): Promise<Entry | null> {
  for await (const entry of cli.store.read(run, { from: seq, to: seq })) {
    if (!('unreadable' in entry)) return entry
    throw new RamureError('ERR_LOG_LINE', `#${seq} of ${run} cannot be read: ${entry.unreadable.reason}`, {
      hint: `the rest  ramure tail ${run}`,
    })
  }
  return null
}

/** ERR_ENTRY_NOT_FOUND, with the number of the last one there is; ERR_LOG_EMPTY when there is none at all. */
export async function noEntry(cli: Pick<Cli, 'store'>, run: string, seq: number): Promise<RamureError> {
  if (await isEmptyLog(cli, run)) return logEmpty(run)
  return new RamureError('ERR_ENTRY_NOT_FOUND', `${run} has no entry #${seq}; its last one is #${await lastSeqOf(cli, run)}.`, {
    hint: `the newest  ramure tail ${run}`,
  })
}

/** The number of the last entry that can be read; 0 when there is none. */
export async function lastSeqOf({ store }: Pick<Cli, 'store'>, run: string): Promise<number> {
  for await (const entry of store.read(run, { reverse: true })) if (!('unreadable' in entry)) return entry.seq
  return 0
}

/** Throws ERR_LOG_EMPTY when there is nothing to show. */
export async function mustHaveEntries(cli: Pick<Cli, 'store'>, run: string): Promise<void> {
  if (await isEmptyLog(cli, run)) throw logEmpty(run)
}

/** True for a log without a complete line: a damaged one is not empty. */
export async function isEmptyLog({ store }: Pick<Cli, 'store'>, run: string): Promise<boolean> {
  for await (const _ of store.read(run, { to: 1, blobs: 'reference' })) return false
  return true
}
