/** Commands that look at runs, and need none of them to live. */
import { type CommandSpec, ID } from './command-spec.ts'

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

export const lookCommands: readonly CommandSpec[] = [
  {
    name: 'demo',
    makesLogs: true,
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
    options: [
      ID,
      ['-a, --all', 'every process and agent; without it the first 60: alive, failed, then newest'],
      ['-w, --watch', 'again whenever something changes, until the run ends; Ctrl-C stops watching only'],
    ],
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
    name: 'show',
    args: '<run-or-seq> [seq]',
    summary: 'one entry whole, with what caused it and what it caused',
    options: [ID, ['--raw', 'only the entry, as a line of JSON; long texts stay references']],
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
      ['--edited', 'the recording was changed on purpose since it was made'],
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
]
