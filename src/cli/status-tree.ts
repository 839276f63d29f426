/** Which processes and agents of a run a status has room for: those that live, those that went wrong, then the newest ones that ended. */
import type { StatusData } from './status-data.ts'

export type ProcessData = StatusData['processes'][number]
export type AgentData = StatusData['agents'][number]
export type Item = ProcessData | AgentData

export interface Tree {
  readonly roots: readonly ProcessData[]
  /** What is shown below a process, agents first. */
  below(process: ProcessData): readonly Item[]
  hasChildren(process: ProcessData): boolean
  /** Agents of processes that nobody knows any more. */
  readonly lost: readonly AgentData[]
  /** What is not shown. */
  readonly hidden: readonly Item[]
}

/** The tree with at most `max` rows, but for the processes above them. */
export function treeOf({ processes, agents }: Pick<StatusData, 'processes' | 'agents'>, max: number): Tree {
  const byPath = new Map(processes.map((process) => [process.path, process]))
  const shown = chosen([...processes, ...agents], byPath, max)
  const isShown = (item: Item) => shown.has(item)
  const agentsOf = Map.groupBy(agents.filter(isShown), ({ process }) => (byPath.has(process ?? '') ? process : null))
  const childrenOf = Map.groupBy(processes.filter(isShown), ({ parent }) => parent)
  const parents = new Set(processes.map(({ parent }) => parent))
  return {
    roots: childrenOf.get(null) ?? [],
    below: ({ path }) => [...(agentsOf.get(path) ?? []), ...(childrenOf.get(path) ?? [])],
    hasChildren: ({ path }) => parents.has(path),
    lost: agentsOf.get(null) ?? [],
    hidden: shown.size === processes.length + agents.length ? [] : [...processes, ...agents].filter((item) => !isShown(item)),
  }
}

/** True of an end that the run itself brought about. */
export function isExpected(exit: NonNullable<AgentData['exit']>): boolean {
  return exit.cause === 'shutdown' || exit.by === 'ramure'
}

export function isProcess(item: Item): item is ProcessData {
  return 'path' in item
}

function chosen(all: readonly Item[], byPath: ReadonlyMap<string, ProcessData>, max: number): ReadonlySet<Item> {
  if (all.length <= max) return new Set(all)
  const byRank = Map.groupBy(all, rank)
  const shown = new Set<Item>()
  for (const item of RANKS.flatMap((at) => byRank.get(at)?.reverse() ?? [])) {
    if (shown.size >= max) break
    for (let above: Item | undefined = item; above && !shown.has(above); above = byPath.get(ownerOf(above) ?? '')) shown.add(above)
  }
  return shown
}

const RANKS = [0, 1, 2]

function rank(item: Item): number {
  if (isProcess(item)) return item.state === 'running' ? 0 : item.state === 'failed' ? 1 : 2
  if (item.exit === null) return 0
  return isExpected(item.exit) ? 2 : 1
}

function ownerOf(item: Item): string | null {
  return isProcess(item) ? item.parent : item.process
}
