import { agents } from './agents.ts'
import { calls } from './calls.ts'
import { combine, type StatesOf } from './combine.ts'
import { connections } from './connections.ts'
import { endpoints } from './endpoints.ts'
import { machines } from './machines.ts'
import { problems } from './problems.ts'
import { processes } from './processes.ts'
import { run } from './run.ts'
import { usage } from './usage.ts'

const parts = { run, processes, agents, machines, connections, endpoints, calls, usage, problems }

/** Everything a status shows, folded in one pass. */
export const overview = combine(parts)
export type Overview = StatesOf<typeof parts>
