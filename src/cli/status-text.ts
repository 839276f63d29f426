/** A status for people: one line about the run, its problems, then the tree of processes and agents. */

import { STATE_WORDS } from './agent-words.ts'
import { costText, countText, durationText, plural, tokensText, UNKNOWN } from './figures.ts'
import { GLYPHS } from './outcome-glyphs.ts'
import type { Paint, Tone } from './paint.ts'
import { preview } from './preview.ts'
import { kindText, problemText } from './problem-text.ts'
import { type ProblemData, pairs, type StatusData, type UsageData } from './status-data.ts'
import { type AgentData, type Item, isExpected, isProcess, type ProcessData, type Tree, treeOf } from './status-tree.ts'
import { type Column, table } from './table.ts'
import { displayWidth, fit, plain } from './text.ts'
import { wrap } from './wrap.ts'

export interface StatusView {
  readonly width: number | null
  readonly paint: Paint
  readonly nowMs: number
  /** What the run is called in commands that are proposed. */
  readonly name: string
  /** The whole tree, however many rows it has. */
  readonly all?: boolean
}

const PROBLEMS_SHOWN = 8

export function statusText(data: StatusData, view: StatusView): string {
  const blocks = [[...head(data, view), ...problems(data, view)], tree(data, view), rest(data, view)]
  return blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')
}

function head(data: StatusData, { paint, width }: StatusView): string[] {
  const tone = TONES[data.status] ?? 'info'
  const facts = [
    plural(data.agents.length, 'agent'),
    plural(data.events, 'event'),
    ...(data.usage.tokens === null ? [] : [tokensText(data.usage.tokens)]),
    ...(data.usage.cost_usd === null && data.usage.unpriced === 0 ? [] : [cost(data.usage)]),
  ]
  const words = `${GLYPHS[data.status] ?? '●'} ${data.status.replace('_', ' ')}`
  const title = `${paint('strong', data.run)}  ${paint(tone, words)} ${durationText(data.duration_ms)}`
  const bare = `${data.run}  ${words} ${durationText(data.duration_ms)} · ${facts.join(' · ')}`
  const first = width === null || displayWidth(bare) <= width ? `${title} · ${facts.join(' · ')}` : `${title}\n  ${facts.join(' · ')}`
  const outcome = data.error
    ? paint('bad', plain(`  ${data.error.message}`))
    : data.ended_at !== null && data.result !== null
      ? `  → ${preview(data.result, (width ?? 120) - 4)}`
      : ''
  const stop = data.stop_requested && data.live ? paint('warn', plain(`  stopping: asked for by ${data.stop_requested.caller}`)) : ''
  return [first, outcome, stop].filter((line) => line !== '')
}

const TONES: { readonly [status: string]: Tone } = {
  completed: 'good',
  failed: 'bad',
  timed_out: 'bad',
  orphaned: 'bad',
  cancelled: 'warn',
  unknown: 'warn',
  stuck: 'bad',
  endless: 'bad',
  killed: 'bad',
  log_dead: 'bad',
}

function problems(data: StatusData, view: StatusView): string[] {
  const { paint, width, name } = view
  const shown = data.problems.slice(0, PROBLEMS_SHOWN)
  const more = data.problems.length - shown.length
  const rest = more > 0 ? [paint('warn', ` ! and ${more} more   → ramure status ${name} --json`)] : []
  const rows = shown.map((problem) => [` ! ${kindText(problem)}`, problemText(problem), `→ ${problem.next}`])
  const lines = table(rows, [{}, {}, {}], null)
  const hasRoom = width === null || lines.every((line) => displayWidth(line) <= width)
  return [...(hasRoom ? lines.map((line) => paint('warn', line)) : shown.flatMap((problem) => tallProblem(problem, view))), ...rest]
}

/** Where there is no room beside a problem, what to do about it comes below. Neither is cut. */
function tallProblem(problem: ProblemData, { paint, width }: StatusView): string[] {
  const lines = wrap(` ! ${kindText(problem)}  ${problemText(problem)}`, width, 3)
  return [...lines.map((line) => paint('warn', line)), `   → ${problem.next}`]
}

type Row = readonly string[]
/** Name, driver, state, doing, calls, tokens, cost: where there is no room, what it does and who drives it are cut first. */
const COLUMNS: readonly Column[] = [
  { max: 32, min: 12 },
  { max: 20, min: 8 },
  { max: 14 },
  { max: 40, min: 6 },
  { align: 'right' },
  { align: 'right' },
  {},
]

function tree(data: StatusData, view: StatusView): string[] {
  const shown = treeOf(data, view.all ? Number.POSITIVE_INFINITY : ROWS_SHOWN)
  const rows = shown.roots.flatMap((root) => [processRow(data, root, '', shown, view), ...below(data, root, '', shown, view)])
  const all = [...rows, ...shown.lost.map((agent) => agentRow(data, agent, '', view))]
  const lines = table(all, COLUMNS, view.width === null ? null : view.width - 1)
  return [...lines.map((line) => ` ${colourStates(line, view.paint)}`), ...hiddenText(data, shown.hidden, view)]
}

/** More than a screen of them is no overview. */
const ROWS_SHOWN = 60

/** How many of what is not there, and how to see it. */
function hiddenText(data: StatusData, hidden: readonly Item[], { width, paint, name }: StatusView): string[] {
  if (hidden.length === 0) return []
  const counts = [...Map.groupBy(hidden, (item) => stateWord(data, item))].map(([word, { length }]) => `${length} ${word}`)
  const [text, next] = [` … and ${hidden.length} more: ${counts.join(', ')}`, `   → ramure status ${name} --all`]
  const hasRoom = width === null || displayWidth(text + next) <= width
  return (hasRoom ? [text + next] : [...wrap(text, width, 3), next]).map((line) => paint('faint', line))
}

function stateWord(data: StatusData, item: Item): string {
  if (!isProcess(item)) return agentWord(item, data).slice(2)
  return item.state === 'running' && !data.live ? 'unfinished' : PROCESS_WORDS[item.state].slice(2)
}

/** Too narrow for a driver in a column of its own. */
function isNarrow({ width }: StatusView): boolean {
  return width !== null && width < 90
}

function below(data: StatusData, process: ProcessData, indent: string, shown: Tree, view: StatusView): Row[] {
  const items = shown.below(process)
  return items.flatMap((item, index) => {
    const last = index === items.length - 1
    const branch = `${indent}${last ? '└ ' : '├ '}`
    if (!isProcess(item)) return [agentRow(data, item, branch, view)]
    return [processRow(data, item, branch, shown, view), ...below(data, item, `${indent}${last ? '  ' : '│ '}`, shown, view)]
  })
}

function processRow(data: StatusData, process: ProcessData, branch: string, shown: Tree, view: StatusView): Row {
  const endMs = process.ended_at !== null ? Date.parse(process.ended_at) : data.live ? view.nowMs : Date.parse(data.last_event_at ?? '')
  const ran = durationText(endMs - Date.parse(process.started_at))
  const state = process.state === 'running' && !data.live ? '? unfinished' : PROCESS_WORDS[process.state]
  const isBranch = shown.hasChildren(process) || process.parent !== null
  const sum = isBranch && process.usage.tokens !== null ? [`Σ ${tokensText(process.usage.tokens)}`, cost(process.usage)] : ['', '']
  return [branch + plain(process.process, 64), process.mode === 'spawn' && !isNarrow(view) ? 'spawned' : '', state, ran, '', ...sum]
}

const PROCESS_WORDS = { running: '● running', done: '✔ done', failed: '✗ failed', cancelled: '■ cancelled' } as const

function agentRow(data: StatusData, agent: AgentData, branch: string, view: StatusView): Row {
  const calls = agent.tool_calls.ok + agent.tool_calls.failed
  return [
    branch + plain(agent.name, 64),
    isNarrow(view) ? '' : plain([agent.driver, agent.model].filter(Boolean).join(' '), 64),
    agentWord(agent, data),
    doing(data, agent, view),
    view.width !== null && view.width < 70
      ? ''
      : agent.tool_calls.failed > 0 && !isNarrow(view)
        ? `${plural(calls, 'call')}, ${countText(agent.tool_calls.failed)} failed`
        : plural(calls, 'call'),
    agent.usage.tokens === null ? UNKNOWN : tokensText(agent.usage.tokens),
    cost(agent.usage),
  ]
}

function agentWord(agent: AgentData, { status }: StatusData): string {
  if (agent.lost) return '✗ lost'
  if (status === 'unknown' && agent.state !== 'exited') return '? unknown'
  return agent.exit && !isExpected(agent.exit) ? '✗ exited' : AGENT_WORDS[agent.state]
}

const AGENT_WORDS = {
  created: '◌ starting',
  registered: '○ ready',
  idle: '○ idle',
  working: '● working',
  leaving: '◌ leaving',
  disconnected: '! cut off',
  exited: '■ exited',
} as const

function doing({ live }: StatusData, agent: AgentData, { nowMs }: StatusView): string {
  if (agent.exit) {
    const how = [
      agent.exit.cause === 'exited' ? null : agent.exit.cause,
      agent.exit.code === null ? null : `exit ${agent.exit.code}`,
      agent.exit.signal,
    ].filter((part) => part !== null)
    return plain(how.join(' '), 80)
  }
  if (!live) return wasDoing(agent)
  if (agent.tool) return plain(`${agent.tool.name} ${durationText(nowMs - Date.parse(agent.tool.since))}`, 80)
  const waiting = agent.messages.sent - agent.messages.applied
  return waiting > 0 ? plural(waiting, 'message waiting', 'messages waiting') : ''
}

function rest(data: StatusData, { width }: StatusView): string[] {
  const links = pairs(data.connections).map(({ a, b, both }) => `${a} ${both ? '⇄' : '→'} ${b}`)
  const endpoints = data.endpoints.map((endpoint) => {
    const { ok, failed } = endpoint.calls
    return `${endpointName(endpoint)} (${plural(ok + failed, 'call')}${failed > 0 ? `, ${failed} failed` : ''})`
  })
  const lines = [
    ['connections', links],
    ['endpoints', endpoints],
  ] as const
  return lines
    .filter(([, items]) => items.length > 0)
    .map(([name, items]) => {
      const line = ` ${name.padEnd(12)} ${plain(items.join(', '))}`
      return width === null ? line : fit(line, width)
    })
}

/** The last that was heard of an agent whose run is gone. */
function wasDoing({ state, tool, messages, alive, pid }: AgentData): string {
  const waiting = messages.sent - messages.applied
  const heard = tool
    ? `was in ${tool.name}`
    : waiting > 0
      ? plural(waiting, 'message unread', 'messages unread')
      : `was ${STATE_WORDS[state]}`
  return plain(alive === true ? `${heard}, pid ${pid} still alive` : heard, 80)
}

/** `ramure call` reaches those of the root process: one of a child is told apart by whose it is. */
function endpointName({ name, process }: StatusData['endpoints'][number]): string {
  const owner = process.slice(process.lastIndexOf('/') + 1)
  return process.lastIndexOf('/') === 0 ? name : `${owner}.${name}`
}

function cost(used: UsageData): string {
  if (used.tokens === null) return UNKNOWN
  return costText({ costNanoUsd: (used.cost_usd ?? 0) * 1e9, pricedCount: used.cost_usd === null ? 0 : 1, unpricedCount: used.unpriced })
}

/** Colour is put on after the line was measured and cut. */
function colourStates(line: string, paint: Paint): string {
  return line
    .replace(/● (?:working|running)/, (words) => paint('info', words))
    .replace(/✔ done/, (words) => paint('good', words))
    .replace(/✗ (?:failed|exited|lost)|! cut off/, (words) => paint('bad', words))
}
