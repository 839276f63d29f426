import type { Entry } from '../log/events.ts'
import type { Action, Cli } from './cli.ts'
import { entryAt, noEntry, seqOf } from './entry-at.ts'
import { plural } from './figures.ts'
import { entryFormatter } from './format-entry.ts'
import { chooseLog, wantedRun } from './runs.ts'
import { plain, plainLines } from './text.ts'

const CAUSES_MAX = 20
const CAUSED_MAX = 20
/** What an entry led to comes soon after it; a log may go on for millions. */
const LOOKED_AT_MAX = 100_000

/** `ramure show <run> <seq>`: one entry whole, with what led to it and what it led to. */
export const run: Action = async (world, args, options) => {
  const [seqText, wanted] = [args.at(-1) ?? '', args.length > 1 ? args[0] : undefined]
  const seq = seqOf(seqText)
  const { cli, run: chosen } = await chooseLog(world, wantedRun(wanted, options))
  const entry = await entryAt(cli, chosen, seq)
  if (!entry) throw await noEntry(cli, chosen, seq)
  if (options['raw'] === true) return cli.output.print(await rawLine(cli, chosen, seq))
  const causes = await causesOf(cli, chosen, entry)
  const { caused, count } = await causedBy(cli, chosen, entry)
  cli.output.answer({ run: chosen, entry, causes, caused, caused_count: count }, () => showText(cli, entry, causes, caused, count))
}

/** As the log has it: long texts as references to what is kept beside it. */
async function rawLine(cli: Cli, run: string, seq: number): Promise<string> {
  for await (const entry of cli.store.read(run, { from: seq, to: seq, blobs: 'reference' })) return JSON.stringify(entry)
  return ''
}

/** From the nearest cause back to the first. */
async function causesOf(cli: Cli, run: string, entry: Entry): Promise<readonly Entry[]> {
  const causes: Entry[] = []
  for (let at: Entry | null = entry; at?.cause !== undefined && at.cause < at.seq && causes.length < CAUSES_MAX; ) {
    at = await entryAt(cli, run, at.cause)
    if (at) causes.push(at)
  }
  return causes
}

async function causedBy(cli: Cli, run: string, entry: Entry): Promise<{ readonly caused: readonly Entry[]; readonly count: number }> {
  const caused: Entry[] = []
  let count = 0
  for await (const later of cli.store.read(run, { from: entry.seq + 1, to: entry.seq + LOOKED_AT_MAX })) {
    if ('unreadable' in later || later.cause !== entry.seq) continue
    count += 1
    if (caused.length < CAUSED_MAX) caused.push(later)
  }
  return { caused, count }
}

function showText(cli: Cli, entry: Entry, causes: readonly Entry[], caused: readonly Entry[], count: number): string {
  const { paint, width, colour } = cli.output
  // In their order, so that an answer shows what it answers.
  const format = entryFormatter({ width, colour, timeZone: cli.timeZone })
  const lines = new Map([...causes.toReversed(), entry, ...caused].map((each) => [each.seq, format(each)]))
  const one = (each: Entry) => lines.get(each.seq) ?? ''
  const { data, ...envelope } = entry
  const facts = Object.entries(envelope).map(([name, value]) => `  ${paint('faint', name.padEnd(6))} ${plain(String(value), 400)}`)
  return [
    one(entry),
    '',
    ...facts,
    `  ${paint('faint', 'data')}`,
    ...valueLines(data, 4),
    ...(causes.length === 0 ? [] : ['', 'caused by', ...causes.map(one)]),
    ...(count === 0
      ? []
      : ['', `led to${count > caused.length ? ` (${caused.length} of ${plural(count, 'entry', 'entries')})` : ''}`, ...caused.map(one)]),
  ].join('\n')
}

/** The value whole: texts of several lines as such, everything else as JSON. */
function valueLines(value: unknown, indent: number, name = ''): string[] {
  const space = ' '.repeat(indent)
  const label = name === '' ? '' : `${plain(name, 200)}: `
  if (typeof value === 'string' && value.includes('\n')) {
    return [
      `${space}${label}|`,
      ...plainLines(value)
        .split('\n')
        .map((line) => `${space}  ${line}`),
    ]
  }
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) {
    return [`${space}${label}${plainLines(JSON.stringify(value) ?? 'null')}`]
  }
  const items = Object.entries(value).flatMap(([key, item]) =>
    valueLines(item, label === '' ? indent : indent + 2, Array.isArray(value) ? `[${key}]` : key),
  )
  return label === '' ? items : [`${space}${label.trimEnd()}`, ...items]
}
