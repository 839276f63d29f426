/** One recording, replayed in a program of its own: which program, and what it is asked. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { RamureError } from '../log/error.ts'
import type { Json } from '../log/events.ts'
import type { Located } from '../replay/locate.ts'
import { replayInProgram } from '../replay/program.ts'
import type { ReplayOrder } from '../replay/program-side.ts'
import { isReason, loadRecording, type Opening, openRecording, type Reason, type Recording } from '../replay/recording.ts'
import { cannotTell, type Verdict } from '../replay/verdict.ts'
import { type Cli, type Options, textOption } from './cli.ts'
import { EXIT } from './exit-code.ts'

/** Replays one recording in a program of its own. @param known when it was read already; the program reads it itself. */
export async function replayOne(cli: Cli, where: Located, options: Options, known?: Recording | Reason): Promise<Verdict> {
  const opening = known ?? (await openRecording(where.store, where.run))
  if (isReason(opening)) return cannotTell(where.run, opening)
  const program = programOf(opening, options)
  const verdict =
    typeof program === 'string' ? await replayInProgram(opening, program, orderOf(where, options), { signal: cli.signal }) : program
  if ('verdict' in verdict) return verdict
  const loaded = known ?? (await loadRecording(where.store, where.run, { edited: options['edited'] === true }))
  return cannotTell(where.run, verdict, isReason(loaded) ? null : loaded)
}

/** The file to run, or why there is none. */
function programOf({ header, place }: Opening, options: Options): string | Reason {
  const given = textOption(options, 'program')
  const wanted = given === undefined ? header.data.program : resolve(given)
  const found = given === undefined ? place.program : wanted
  const hint = 'Name the program with --program <file>.'
  if (wanted === null) return { code: 'ERR_PROGRAM_NOT_FOUND', message: 'The recording does not say which program it was made with.', hint }
  if (found !== null && existsSync(found)) return found
  return { code: 'ERR_PROGRAM_NOT_FOUND', message: `The program ${wanted} is not there any more.`, hint }
}

function orderOf({ store, run }: Located, options: Options): ReplayOrder {
  return {
    logs: resolve(store.location),
    run,
    exact: options['exact'] === true,
    lenient: options['lenient'] === true,
    until: seqOption(options, 'until'),
    allowIo: options['allowIo'] === true,
    pastEnd: options['pastEnd'] === true,
    edited: options['edited'] === true,
    accept: options['accept'] === true,
    inspect: seqOption(options, 'inspect'),
    set: listOption(options, 'set').map(parseSet),
    drop: listOption(options, 'drop').map((text) => parseSeq('--drop', text)),
    dup: listOption(options, 'dup').map((text) => parseSeq('--dup', text)),
    delay: listOption(options, 'delay').map(parseDelay),
  }
}

function listOption(options: Options, name: string): readonly string[] {
  const value = options[name]
  return Array.isArray(value) ? value.map(String) : []
}

function seqOption(options: Options, name: string): number | null {
  const text = textOption(options, name)
  return text === undefined ? null : parseSeq(`--${name}`, text)
}

function parseSeq(option: string, text: string): number {
  if (/^#?\d{1,12}$/.test(text)) return Number(text.replace('#', ''))
  throw new RamureError('ERR_USAGE', `${option} takes the number of an entry, not ${JSON.stringify(text)}.`, {
    hint: 'for example  --until 24',
  })
}

/** `24={"exit_code":1}` or `24=error:no such file`. */
function parseSet(text: string): ReplayOrder['set'][number] {
  const [, seq, value = ''] = /^(#?\d+)=([^]*)$/.exec(text) ?? []
  if (seq === undefined) {
    throw new RamureError('ERR_USAGE', `--set takes <seq>=<json> or <seq>=error:<message>, not ${JSON.stringify(text)}.`, {
      hint: `for example  --set '24={"exit_code":1}'`,
    })
  }
  if (value.startsWith('error:')) return [parseSeq('--set', seq), { error: value.slice('error:'.length) }]
  return [parseSeq('--set', seq), { value: parseJson(value) as never }]
}

function parseJson(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    return text
  }
}

/** `24+3`: three inputs later. */
function parseDelay(text: string): readonly [number, number] {
  const [, seq, by] = /^(#?\d+)\+(\d+)$/.exec(text) ?? []
  if (seq === undefined)
    throw new RamureError('ERR_USAGE', `--delay takes <seq>+<inputs>, not ${JSON.stringify(text)}.`, { hint: 'for example  --delay 24+3' })
  return [parseSeq('--delay', seq), Number(by)]
}

export function exitOf(verdict: Verdict['verdict']): number {
  return verdict === 'identical' ? EXIT.ok : verdict === 'diverged' ? EXIT.diverged : EXIT.logDamaged
}
