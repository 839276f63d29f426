/** What somebody who pressed Tab is about to write: read from the words so far, and from nothing else. */
import type { CommandSpec } from './command-spec.ts'

/** What belongs in the place of the last word. */
export type Wanted =
  | { readonly kind: 'command' }
  | { readonly kind: 'option'; readonly spec: CommandSpec; readonly given: readonly string[] }
  | { readonly kind: 'run' | 'file' | 'type' | 'moment' | 'shell' | 'nothing' }
  /** Of the run that was named by then; undefined for the one that a command would take by itself. */
  | { readonly kind: 'agent' | 'endpoint'; readonly run: string | undefined }

export interface Asked {
  readonly wanted: Wanted
  /** What was written of it, without the parts of a list that are complete. */
  readonly prefix: string
  /** Those parts, with the comma behind them, after the option when it is in the same word. */
  readonly before: string
  readonly logDir: string | undefined
}

/** @param words after the program's name; the last one is being written and may be empty. */
export function askedFor(words: readonly string[], commands: readonly CommandSpec[]): Asked {
  // `--agent=b` is `--agent b` in one word: what is in front of the value stays where it is.
  const [, option, value] = /^(--[a-z][a-z-]*)=(.*)$/s.exec(words.at(-1) ?? '') ?? []
  if (option === undefined || value === undefined) return askedForWord(words, commands)
  const asked = askedForWord([...words.slice(0, -1), option, value], commands)
  return { ...asked, before: `${option}=${asked.before}` }
}

function askedForWord(words: readonly string[], commands: readonly CommandSpec[]): Asked {
  const [name = '', ...rest] = words
  const spec = commands.find((each) => each.name === name)
  const last = words.at(-1) ?? ''
  const none = { prefix: last, before: '', logDir: undefined }
  if (words.length <= 1) return { ...none, wanted: { kind: 'command' } }
  if (!spec) return { ...none, wanted: name === 'help' && words.length === 2 ? { kind: 'command' } : { kind: 'nothing' } }
  const read = readWords(spec, rest)
  const isList = read.kind === 'agent' || read.kind === 'type'
  const comma = isList && read.isOption ? last.lastIndexOf(',') + 1 : 0
  return { wanted: wantedBy(spec, read), prefix: last.slice(comma), before: last.slice(0, comma), logDir: read.values.get('--log-dir') }
}

interface Read {
  readonly kind: Wanted['kind']
  /** Whether the last word is the value of an option. */
  readonly isOption: boolean
  readonly values: ReadonlyMap<string, string>
  readonly given: readonly string[]
  readonly run: string | undefined
}

function readWords(spec: CommandSpec, words: readonly string[]): Read {
  const values = new Map<string, string>()
  const given: string[] = []
  const positions: string[] = []
  let open: string | null = null
  let isOver = false
  for (const word of words.slice(0, -1)) {
    if (open !== null) {
      values.set(open, word)
      open = null
    } else if (word === '--') isOver = true
    else if (!isOver && word.startsWith('-') && word !== '-') {
      const option = optionsOf(spec).find(({ names }) => names.includes(word))
      given.push(...(option?.names ?? [word]))
      if (option?.takesValue) open = option.names.at(-1) ?? null
    } else positions.push(word)
  }
  const last = words.at(-1) ?? ''
  const isOption = open !== null
  const kind = isOption
    ? valueKind(spec, open as string)
    : last.startsWith('-') && !isOver
      ? 'option'
      : positionKind(spec, positions.length, last)
  const first = argsOf(spec)[0] ?? ''
  const named = values.get('--id') ?? (first.startsWith('run') ? positions[0] : undefined)
  return { kind, isOption, values, given, run: named }
}

function wantedBy(spec: CommandSpec, { kind, given, run }: Read): Wanted {
  if (kind === 'option') return { kind, spec, given }
  if (kind === 'agent' || kind === 'endpoint') return { kind, run }
  return { kind }
}

export interface KnownOption {
  /** Short first, long last. */
  readonly names: readonly string[]
  readonly takesValue: boolean
  readonly description: string
}

/** Options of a command, with those that all of them have. */
export function optionsOf(spec: CommandSpec): readonly KnownOption[] {
  const all = [...spec.options, ...COMMON]
  return all.map(([flags, description]) => ({
    names: flags.match(/(?<![\w-])--?[a-zA-Z][\w-]*/g) ?? [],
    takesValue: flags.includes('<'),
    description,
  }))
}

const COMMON = [
  ['--log-dir <folder>', 'where the logs are'],
  ['--json', 'the answer as JSON'],
  ['-h, --help', 'what it does'],
] as const

function valueKind(spec: CommandSpec, option: string): Wanted['kind'] {
  const [flags = ''] = spec.options.find(([each]) => each.split(/[ ,]+/).includes(option)) ?? []
  if (option === '--log-dir' || /<(file|folder)>/.test(flags)) return 'file'
  return VALUES[option] ?? 'nothing'
}

const VALUES: { readonly [option: string]: Wanted['kind'] } = {
  '--id': 'run',
  '--agent': 'agent',
  '--type': 'type',
  '--since': 'moment',
  '--until': 'moment',
}

/** By the name that the help gives the argument; a path is a path wherever a run may be named. */
function positionKind(spec: CommandSpec, place: number, word: string): Wanted['kind'] {
  const args = argsOf(spec)
  const name = args[Math.min(place, args.length - 1)] ?? ''
  if (place >= args.length && !name.endsWith('...')) return 'nothing'
  if (name.startsWith('run')) return word.includes('/') || word.startsWith('.') ? 'file' : 'run'
  return POSITIONS[name] ?? 'nothing'
}

const POSITIONS: { readonly [name: string]: Wanted['kind'] } = {
  agent: 'agent',
  'agent-or-text': 'agent',
  endpoint: 'endpoint',
  shell: 'shell',
  file: 'file',
}

function argsOf({ args }: CommandSpec): readonly string[] {
  return args.match(/(?<=[<[])[^\]>]+/g) ?? []
}
