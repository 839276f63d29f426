/** Every command by name: what `--help` says of it and where its body is. Bodies are loaded when they are used. */
import type { Action } from './cli.ts'

export interface CommandSpec {
  readonly name: string
  /** As commander writes arguments: `<needed>`, `[optional]`, `[many...]`. */
  readonly args: string
  readonly summary: string
  readonly options: readonly (readonly [flags: string, description: string])[]
  /** What belongs between the options and the examples. */
  readonly notes?: string
  readonly examples: readonly [command: string, meaning: string][]
  load(): Promise<{ readonly run: Action }>
}

const ID = ['-i, --id <prefix>', 'the run, by any unique prefix of its id'] as const
const AS = ['--as <who>', 'who asks, as the log names it (default: cli)'] as const

const WHERE_NOTES = `
A condition compares fields of the entry, as tail --json shows them:
  == !=  < <= > >=   type == "tool_call" && seq > 100
  ~ !~               data.params.command ~ "npm*test": in it, ignoring case
  && || ! ( )        !(by == "runtime") || data.error
  units              data.duration_ms > 5s: ms, s, m, h and d are milliseconds
What is not there equals null; a field alone asks whether it is there.`

const WHY_NOTES = `
What the log says itself is drawn with ─, what only follows from it with ┄.
The lines a program waits on are found by running it again on its log: no
agent, no network, no effect. Exit code 6 when the run vanished.`

export const commands: readonly CommandSpec[] = [
  {
    name: 'demo',
    args: '[spec]',
    summary: 'a whole run in a few seconds: two real agents, no key, no network',
    options: [
      ['--model <provider/id>', 'a real model instead of the scripted one; uses your own key'],
      ['--scripted', 'scripted agents instead of pi'],
      ['--detail', 'also turns, usage, timers and the like'],
    ],
    examples: [
      ['ramure demo', 'two pi agents in tmux, a scripted model on loopback'],
      ['ramure demo fizzbuzz --model anthropic/claude-sonnet-5', 'the same with your own model and key'],
    ],
    load: () => import('./demo.ts'),
  },
  {
    name: 'ls',
    args: '',
    summary: 'live runs; with --all also those that are over',
    options: [
      ['-a, --all', 'finished, failed and orphaned runs too'],
      ['--failed', 'only runs that failed, timed out or vanished'],
      ['--since <when>', 'only runs since then: 5m, 2h, 1d, yesterday, 2026-11-20'],
    ],
    examples: [
      ['ramure ls', 'what runs now'],
      ['ramure ls --failed --since 1d', 'what went wrong since yesterday'],
    ],
    load: () => import('./ls.ts'),
  },
  {
    name: 'status',
    args: '[run]',
    summary: 'problems first, then processes and agents; also of a finished run',
    options: [ID, ['-w, --watch', 'again whenever something changes, until the run ends; Ctrl-C stops watching only']],
    examples: [
      ['ramure status', 'the only live run, else the newest'],
      ['ramure status --watch --json', 'one line of data for every change'],
      ['ramure status brisk-otter --json', 'the same as data'],
    ],
    load: () => import('./status.ts'),
  },
  {
    name: 'tail',
    args: '[run]',
    summary: 'one line per entry of the log; -f follows',
    options: [
      ID,
      ['-f, --follow', 'go on with what is still to come; Ctrl-C stops watching, never the run'],
      ['-n, --lines <count>', 'how many lines of history, or "all" (default: 20, with -f 10)'],
      ['--agent <names>', 'only entries of these agents: a,b'],
      ['--type <types>', "only these types; * stands for anything: 'tool_*,message'"],
      ['--since <when>', 'only entries since then: 5m, yesterday, 03:12, 2026-11-20'],
      ['--until <when>', 'only entries until then'],
      ['--where <condition>', 'only entries that this is true of; see below'],
      ['--grep <text>', 'only entries with this in them; * stands for anything'],
      ['--detail', 'also turns, usage, timers and the like'],
    ],
    notes: WHERE_NOTES,
    examples: [
      ["ramure tail -f --agent builder --type 'tool_*,message'", 'watch one agent work'],
      [`ramure tail brisk --where 'type == "tool_result" && data.error'`, 'calls that were refused'],
      ['ramure tail brisk --since 03:00 --until 03:12 --grep "npm test"', 'what came before the end'],
      ['ramure tail brisk-otter -n all --json', 'the whole log, one entry per line'],
    ],
    load: () => import('./tail.ts'),
  },
  {
    name: 'replay',
    args: '[run]',
    summary: 'runs the program again on the recorded run: no agent, no network, no effect',
    options: [
      ID,
      ['--program <file>', 'the file to run instead of the recorded one'],
      ['--exact', 'compare the order across scopes, too'],
      ['--lenient', 'go on after the first difference and list all'],
      ['--until <seq>', 'stop after the input with this number'],
      ['--inspect <seq>', 'stop in a debugger where that entry is about to be made'],
      ['--set <seq=json...>', 'what if an input had been this: 24={"exit_code":1} or 24=error:gone'],
      ['--drop <seq...>', 'what if an input had not come'],
      ['--dup <seq...>', 'what if it had come twice'],
      ['--delay <seq+n...>', 'what if it had come n inputs later'],
      ['--past-end', 'when the recording ends early: go on with agents that say nothing, in virtual time'],
      ['--allow-io', 'let input and output happen that was not recorded'],
      ['--accept', 'write what the program does now as a new recording'],
      ['--all <folder>', 'every recording in a folder, and what they cover together'],
    ],
    examples: [
      ['ramure replay brisk-otter', 'the same decisions, or the line that decided otherwise'],
      ['ramure replay test/recordings/login', 'a recording that is kept in a repository'],
      ['ramure replay --all test/recordings', 'all of them, as many at a time as there are cores'],
      ['ramure replay brisk-otter --lenient --json', 'every difference as data'],
    ],
    load: () => import('./replay.ts'),
  },
  {
    name: 'show',
    args: '<run-or-seq> [seq]',
    summary: 'one entry whole, with what caused it and what it caused',
    options: [ID],
    examples: [
      ['ramure show brisk-otter 172', 'entry 172 of that run'],
      ['ramure show 172', 'the same of the only live run, else the newest'],
    ],
    load: () => import('./show.ts'),
  },
  {
    name: 'why',
    args: '[run] [seq]',
    summary: 'how it came to this: the chain of causes; why a run ended, or what it waits for',
    options: [
      ID,
      ['--program <file>', 'the file to run again instead of the recorded one'],
      ['--no-replay', 'do not run the program again to see on which lines it waits'],
    ],
    notes: WHY_NOTES,
    examples: [
      ['ramure why gray-finch', 'why it ended as it did, or what it waits for'],
      ['ramure why gray-finch 2314', 'what led to that entry, across agents'],
    ],
    load: () => import('./why.ts'),
  },
  {
    name: 'diff',
    args: '<run-a> <run-b>',
    summary: 'two runs side by side: first difference, what only one did, time, tokens, cost',
    options: [['-n, --lines <count>', 'how many differences to show, or "all" (default: 12)']],
    examples: [
      ['ramure diff brisk-otter quiet-heron', 'did the other one decide the same? exit 4 when not'],
      ['ramure diff brisk-otter test/recordings/login --json', 'with a recording that is kept as a path'],
    ],
    load: () => import('./diff.ts'),
  },
  {
    name: 'send',
    args: '<agent-or-text> [text...]',
    summary: 'a message to an agent of a live run',
    options: [ID, AS],
    examples: [
      ['ramure send builder "use the other parser"', 'to one agent'],
      ['ramure send "stop after this test" --id brisk', 'to the only agent of a run'],
    ],
    load: () => import('./send.ts'),
  },
  {
    name: 'call',
    args: '[endpoint] [pairs...]',
    summary: 'ask an endpoint of a live run (key=value, JSON first, then text), or list them',
    options: [
      ID,
      AS,
      ['--args <json>', 'arguments as one JSON object; key=value goes over it'],
      ['--timeout <duration>', 'give up after this long (default: never)'],
    ],
    examples: [
      ['ramure call add_task spec="write tests" priority=2', 'text and a number'],
      [`ramure call add_task --args '{"spec":"write tests"}' --as ci`, 'as JSON, under another name'],
    ],
    load: () => import('./call.ts'),
  },
  {
    name: 'stop',
    args: '[run]',
    summary: 'ask a live run to end; its own process gets SIGTERM when it does not answer',
    options: [ID, AS, ['--reason <text>', 'why, for the log']],
    examples: [
      ['ramure stop', 'the only live run'],
      ['ramure stop brisk-otter --reason "wrong branch"', 'with a reason for the log'],
    ],
    load: () => import('./stop.ts'),
  },
  {
    name: 'connect',
    args: '[agent]',
    summary: "attach to an agent's terminal; Ctrl-b d detaches and leaves it at work",
    options: [ID, ['-r, --read-only', 'watch without typing']],
    examples: [
      ['ramure connect', 'the only agent of the only live run'],
      ['ramure connect builder --read-only', 'watch without typing'],
    ],
    load: () => import('./connect.ts'),
  },
  {
    name: 'ssh',
    args: '[agent] [command...]',
    summary: 'a shell, or a command, where an agent works',
    options: [ID, ['--force', 'also for an agent that has ended']],
    examples: [
      ['ramure ssh builder', 'a shell in its folder'],
      ['ramure ssh builder -- git status', 'one command there'],
    ],
    load: () => import('./ssh.ts'),
  },
  {
    name: 'verify',
    args: '[run]',
    summary: 'is the log what was written: lines, order, checksum, snapshot, blobs',
    options: [ID, ['--all', 'every run, one line each']],
    examples: [
      ['ramure verify brisk-otter', 'the first bad line, what is lost and what is whole'],
      ['ramure verify --all --json', 'all of them, as data; exit 8 when one is damaged'],
    ],
    load: () => import('./verify.ts'),
  },
  {
    name: 'gc',
    args: '',
    summary: 'removes runs that are long over; prints its plan, and does it only with --yes',
    options: [
      ['--keep <duration>', 'how long runs stay after they were last written: 30d, 12h'],
      ['--keep-failed', 'runs that failed, timed out, vanished or cannot be read stay, too'],
      ['--dry-run', 'only print the plan, as without --yes'],
      ['--yes', 'carry the plan out'],
    ],
    examples: [
      ['ramure gc --keep 30d', 'what would go, and how much room it takes'],
      ['ramure gc --keep 30d --keep-failed --yes', 'remove it; gc.jsonl beside the runs says what and when'],
    ],
    load: () => import('./gc.ts'),
  },
  {
    name: 'export',
    args: '[run]',
    summary: 'a run as a file: a page to look at offline, a trace, or all of it to share',
    options: [
      ID,
      ['--bundle', 'all of it as one checksummed file that `ramure import` takes in (the default)'],
      ['--with-program', "the program's own files too, as far as they are still those that were recorded"],
      ['--html', 'one page with lanes, messages and causes; opens anywhere, loads nothing'],
      ['--perfetto', 'a Chrome trace for ui.perfetto.dev or chrome://tracing'],
      ['--otlp', 'OpenTelemetry traces as OTLP/JSON lines, with GenAI conventions and without contents'],
      ['-o, --output <file>', 'where to; - is stdout (default: named after the run, in this folder)'],
      ['--force', 'replace a file that is there'],
    ],
    examples: [
      ['ramure export brisk-otter --html', 'brisk-otter-….html, for an issue or a colleague'],
      ['ramure export --html -o run.html', 'the only live run, else the newest'],
      ['ramure export gray-finch', 'gray-finch-….ramure: to share, to import, to replay'],
    ],
    load: () => import('./export.ts'),
  },
  {
    name: 'import',
    args: '<file>',
    summary: 'takes in a bundle that `ramure export` made; never over a run that is there',
    options: [['--max-bytes <bytes>', 'refuse what is larger when unpacked (default: 4294967296)']],
    examples: [
      ['ramure import gray-finch-0k2m4n6p.ramure', 'checks all of it, then it is a run like any other'],
      ['ramure import run.ramure --log-dir ./recordings', 'into a folder of recordings'],
    ],
    load: () => import('./import.ts'),
  },
  {
    name: 'doctor',
    args: '',
    summary: 'looks for what is missing, left over or open to others',
    options: [['--fix', 'repair what can be repaired safely']],
    examples: [
      ['ramure doctor', 'look only'],
      ['ramure doctor --fix', 'look and repair'],
    ],
    load: () => import('./doctor.ts'),
  },
]
