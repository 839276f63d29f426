/** `ramure export-test [run]`: a test that plays a recorded run again, and the recording beside it. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { EMPTY, extend } from '../log/checksum.ts'
import { encodeEntry } from '../log/codec.ts'
import { RamureError } from '../log/error.ts'
import { isReason, loadRecording, type Recording } from '../replay/recording.ts'
import { exportedName } from '../testing/property/exported-name.ts'
import { type Action, type Cli, type Options, textOption } from './cli.ts'
import { exportedTest } from './export-test-text.ts'
import { bytesText, plural } from './figures.ts'
import { fromTo, keptTest } from './kept-test.ts'
import { chooseLog, wantedRun } from './runs.ts'
import { plain } from './text.ts'
import { wrap } from './wrap.ts'
import { checkTarget, writeOut } from './write-out.ts'

export const run: Action = async (world, [position], options) => {
  const { cli, run: chosen } = await chooseLog(world, wantedRun(position, options))
  const recording = await loadRecording(cli.store, chosen)
  if (isReason(recording)) throw new RamureError(recording.code, recording.message, { ...(recording.hint && { hint: recording.hint }) })
  const program = programOf(recording, options)
  const target = textOption(options, 'output') ?? `${words(chosen)}.test.ts`
  const found = options['asRecorded'] === true ? null : await counterexample(cli, chosen)
  const place = target === '-' ? resolve('test.ts') : resolve(target)
  // What goes to stdout reads the log where it is.
  const fixture = target === '-' ? join(cli.store.location, chosen, 'events.jsonl') : `${place.replace(/\.(test\.)?[cm]?[jt]s$/, '')}.jsonl`
  const text = found
    ? keptTest(found, { place, kept: recording.header.data.program, program, nodeTest: options['nodeTest'] === true })
    : await recordedTest(recording, program, place, fixture, options['nodeTest'] === true)
  if (target === '-') return cli.output.write(text)
  await checkTarget(target, options['force'] === true)
  if (!found) await checkTarget(fixture, options['force'] === true)
  const { bytes } = await writeOut(place, one(text))
  if (!found) await writeOut(fixture, lines(recording))
  const gaps = text.split(GAP_END).length - 1
  const written = { place, bytes, fixture: found ? null : fixture, entries: recording.entries.length }
  const data = { run: chosen, file: place, recording: written.fixture, bytes, passes: !found && gaps === 0, gaps }
  const runner = /^import .* from 'node:test'$/m.test(text) ? 'node --test' : 'npx vitest run'
  cli.output.answer(data, () => answerText(written, { gaps, runner, width: cli.output.width }))
}

/** Ends each line of a test that says what only a person can know. */
const GAP_END = ' Then remove this line.'

interface Written {
  readonly place: string
  readonly bytes: number
  /** Null when none was needed. */
  readonly fixture: string | null
  readonly entries: number
}

interface AnswerView {
  readonly gaps: number
  readonly runner: string
  readonly width: number | null
}

function answerText({ place, bytes, fixture, entries }: Written, { gaps, runner, width }: AnswerView): string {
  const file = plain(relative(process.cwd(), place))
  const recording = fixture === null ? '' : `, and its recording ${basename(fixture)}: ${plural(entries, 'entry', 'entries')}`
  const lines = [
    ...wrap(`${file}  ${bytesText(bytes)}${recording}`, width, 2),
    ...(gaps > 0
      ? wrap(`  ${plural(gaps, 'thing is', 'things are')} to be filled in before it can tell anything: it says what, and where`, width, 2)
      : []),
    ...wrap(
      fixture === null
        ? '  fails until the program is mended; --as-recorded writes one that passes now'
        : '  passes as long as the program does what it did',
      width,
      2,
    ),
    `  run it  ${runner} ${file}`,
  ]
  return lines.join('\n')
}

/** `brisk-otter` of a run's id. */
function words(id: string): string {
  return id.split('-').slice(0, 2).join('-')
}

/** The test that a property wrote beside the counterexample it kept. */
async function counterexample(cli: Cli, id: string): Promise<string | null> {
  return readFile(join(cli.store.location, id, 'counterexample.test.ts'), 'utf8').catch(() => null)
}

function programOf({ header, place }: Recording, options: Options): string {
  const given = textOption(options, 'program')
  const found = given === undefined ? place.program : resolve(given)
  if (found !== null && existsSync(found)) return found
  const which = given ?? header.data.program
  throw new RamureError(
    'ERR_PROGRAM_NOT_FOUND',
    which === null ? 'The recording does not say which program it was made with.' : `The program ${plain(which)} is not there.`,
    { hint: 'Name the file that exports the process with --program <file>.' },
  )
}

async function recordedTest(
  { header, entries, outcome, run: id }: Recording,
  program: string,
  place: string,
  fixture: string,
  nodeTest: boolean,
): Promise<string> {
  const end = entries.findLast((entry) => entry.type === 'run_ended')
  const created = entries.flatMap((entry) => (entry.type === 'agent_created' && entry.agent !== undefined ? [entry.agent] : []))
  return exportedTest({
    run: id,
    runner: nodeTest ? 'node:test' : 'vitest',
    process: header.data.process,
    exported: await exportOf(program, header.data.process),
    from: fromTo(place, program),
    recording: dirname(fixture) === dirname(place) ? `./${basename(fixture)}` : fixture,
    args: header.data.args,
    agents: [...new Set(created)],
    outcome,
    result: end?.data.result,
    error: end?.data.error?.message,
    entriesCount: entries.length,
    date: header.time.slice(0, 10),
  })
}

/** The name under which the program exports the process; null when that cannot be read off. */
async function exportOf(program: string, process: string): Promise<string | null> {
  return exportedName(await readFile(program, 'utf8').catch(() => ''), process)
}

async function* one(text: string): AsyncGenerator<string, void> {
  yield text
}

/** The log with long texts in their place, so that one file is all there is. Its end has the checksum of what it says then. */
async function* lines({ entries }: Recording): AsyncGenerator<string, void> {
  let before = EMPTY
  for (const entry of entries) {
    const data = entry.type === 'run_ended' && entry.data.checksum ? { ...entry.data, checksum: before } : entry.data
    const line = `${encodeEntry(entry, JSON.stringify(data))}\n`
    before = extend(before, Buffer.from(line))
    yield line
  }
}
