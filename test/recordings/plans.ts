/** What is recorded, and who plays. */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Entry } from 'ramure'
import { buildAndReview } from '../../examples/build-and-review.ts'
import { dispatcher } from '../../examples/dispatcher.ts'
import { explainAll } from '../../examples/fan-out.ts'
import { untilItSucceeds } from '../../examples/observe-and-retry.ts'
import { watchedSurvey } from '../../examples/spawn-and-observe.ts'
import { summarize } from '../../examples/summarize.ts'
import { taskDesk } from '../../examples/task-desk.ts'
import { workerPool } from '../../examples/worker-pool.ts'
import { builderAndReviewer } from '../examples/agents/build-and-review.ts'
import { dispatcherAndExperts, withoutBackend } from '../examples/agents/dispatcher.ts'
import { readers } from '../examples/agents/fan-out.ts'
import { repairers } from '../examples/agents/observe-and-retry.ts'
import { dreamer, sleeper } from '../examples/agents/spawn-and-observe.ts'
import { writer } from '../examples/agents/summarize.ts'
import { permittedWorker } from '../examples/agents/task-desk.ts'
import { deserter, workers } from '../examples/agents/worker-pool.ts'

interface Performance {
  start(): Promise<unknown>
  readonly cast: unknown
  readonly onEntry?: (entry: Entry) => void
}

interface Told {
  /** Relative to the project. */
  readonly program: string
  readonly argv: readonly string[]
}

/** Run as a program of its own, or called here with scripted agents. */
export type Plan = Told & ({ readonly killAt?: string } | { cast(home: string): Performance | Promise<Performance> })

const example = (name: string, argv: readonly string[], cast: (home: string) => Performance): Plan => ({ program: `examples/${name}.ts`, argv, cast })

export const PLANS: Readonly<Record<string, Plan>> = {
  demo: { program: 'dist/cli.js', argv: ['demo'] },
  'build-and-review': example('build-and-review', ['fizzbuzz'], () => ({ start: () => buildAndReview('fizzbuzz'), cast: builderAndReviewer(2) })),
  'build-and-review-fails': example('build-and-review', ['fizzbuzz'], () => ({ start: () => buildAndReview('fizzbuzz'), cast: builderAndReviewer(3) })),
  dispatcher: example('dispatcher', ['Why?'], () => ({ start: () => dispatcher('Why?'), cast: dispatcherAndExperts })),
  'dispatcher-expert-crashes': example('dispatcher', ['Why?'], () => ({ start: () => dispatcher('Why?'), cast: withoutBackend })),
  'fan-out': example('fan-out', ['a.ts', 'b.ts', 'c.ts'], () => ({ start: () => explainAll(['a.ts', 'b.ts', 'c.ts']), cast: readers(3) })),
  'observe-and-retry': example('observe-and-retry', [], (home) => {
    const file = join(home, 'repaired')
    return { start: () => untilItSucceeds(`cat ${file}`), cast: repairers(file) }
  }),
  'spawn-and-observe': example('spawn-and-observe', ['src'], () => ({ start: () => watchedSurvey('src', 400), cast: dreamer })),
  'spawn-and-observe-gives-up': example('spawn-and-observe', ['src'], () => ({ start: () => watchedSurvey('src', 30), cast: sleeper })),
  summarize: example('summarize', [], (home) => {
    const document = join(home, 'document.txt')
    writeFileSync(document, 'A document of two lines.\nThis is the second.\n')
    return { start: () => summarize(document), cast: writer }
  }),
  'task-desk': example('task-desk', [], taskDeskWithOrders),
  'worker-pool': example('worker-pool', ['one', 'two', 'three'], () => ({ start: () => workerPool(['one', 'two', 'three'], 2), cast: workers(2) })),
  'worker-pool-deserted': example('worker-pool', ['one', 'two'], () => ({ start: () => workerPool(['one', 'two'], 2), cast: deserter })),
  'concurrent-handlers': { program: 'test/recordings/programs/concurrent-handlers.ts', argv: [] },
  'twenty-agents': { program: 'test/recordings/programs/twenty-agents.ts', argv: [] },
  'killed-at-night': { program: 'test/recordings/programs/night-shift.ts', argv: [], killAt: 'half way' },
}

/** Orders come from outside, as people give them. */
function taskDeskWithOrders(home: string): Performance {
  const { cast, permit } = permittedWorker()
  const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
  const call = (...args: readonly string[]) => void execFile(process.execPath, [cli, 'call', ...args], { env: { ...process.env, RAMURE_HOME: home } })
  let exposed = 0
  let finished = 0
  const onEntry = (entry: Entry) => {
    if (entry.type === 'endpoint_exposed' && ++exposed === 3) call('add_task', 'spec=first')
    if (entry.type === 'message') permit()
    if (entry.type === 'tool_result' && ++finished === 1) call('add_task', 'spec=second', 'priority=high')
    if (entry.type === 'endpoint_returned' && !entry.data.ok) call('close')
  }
  return { start: taskDesk, cast, onEntry }
}
