/** Every command by name: what `--help` says of it and where its body is. Bodies are loaded when they are used. */
import { AS, type CommandSpec, ID } from './command-spec.ts'
import { lookCommands } from './commands-look.ts'
import { exportTest } from './export-test-spec.ts'

const COMPLETION_NOTES = `
bash, in ~/.bashrc        eval "$(ramure completion bash)"
zsh, behind compinit      eval "$(ramure completion zsh)"
fish, in config.fish      ramure completion fish | source`

export const commands: readonly CommandSpec[] = [
  ...lookCommands,
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
    name: 'open',
    args: '[run] [seq]',
    summary: 'the picture of a run in a browser; a live one is followed',
    options: [ID, ['--no-browser', 'only print where it is']],
    examples: [
      ['ramure open brisk-otter', 'lanes, messages, causes; an entry has its own address'],
      ['ramure open 172', 'the newest run, at entry 172'],
    ],
    load: () => import('./open.ts'),
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
  exportTest,
  {
    name: 'import',
    makesLogs: true,
    args: '<file>',
    summary: 'takes in a bundle that `ramure export` made; never over a run that is there',
    options: [['--max-bytes <bytes>', 'refuse what is larger when unpacked (default: 4294967296)']],
    examples: [
      ['ramure import gray-finch-0k2m4n6p.ramure', 'checks all of it, then it is a run like any other'],
      ['ramure import run.ramure --log-dir ./recordings', 'into a folder of recordings'],
      ['ramure import - < run.ramure', 'from stdin, as in  ssh build-2 cat run.ramure | ramure import -'],
    ],
    load: () => import('./import.ts'),
  },
  {
    name: 'completion',
    args: '<shell>',
    summary: 'a script for bash, zsh or fish: Tab knows commands, runs, agents, endpoints',
    options: [],
    notes: COMPLETION_NOTES,
    examples: [
      ['ramure completion bash', 'for bash: commands, options, runs, agents, endpoints'],
      ['ramure completion fish | source', 'in config.fish'],
    ],
    load: () => import('./completion.ts'),
  },
  {
    name: 'doctor',
    makesLogs: true,
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
