/**
 * A tool call over the socket, from the client's `send` to the answer in its hands: the whole path (inbox, dispatcher,
 * handler, two entries in a log on the disk), the sockets alone (recorded in memory), and the floor, a bare `ws` echo of
 * the same bytes. Beside them a call of an endpoint over the control socket, as `ramure call` makes it, and its floor, an echo on a Unix
 * socket. Client and server are processes of their own. `node bench/wire.ts [--json [file]] [--small]`.
 */
import { fileURLToPath } from 'node:url'
import type { Bench, Figure } from './support/bench.ts'
import { makeCalls, type Timed } from './support/caller.ts'
import { child, cpuUs } from './support/child.ts'
import { sendLines } from './support/control-caller.ts'
import { main } from './support/main.ts'
import type { Places } from './support/wire-servers.ts'

const SERVERS = fileURLToPath(new URL('support/wire-servers.ts', import.meta.url))
const CASES = {
  logged: 'tool call, logged',
  wire: 'sockets alone',
  echo: 'bare ws echo',
  control: 'control call, logged',
  unixEcho: 'bare Unix echo',
} as const
type Case = keyof typeof CASES
/** What a case stands beside. */
const FLOORS: { readonly [name in Case]?: Case } = { logged: 'echo', wire: 'echo', control: 'unixEcho' }

export const bench: Bench = {
  name: 'wire',
  promises: [
    { what: 'tool call, 1 in flight, p50', figure: 'tool call, logged, 1 in flight, p50', atMost: 280, timesFloorAtMost: 3.5 },
    { what: 'tool call, 1 in flight, p99', figure: 'tool call, logged, 1 in flight, p99', atMost: 1_000 },
    { what: 'tool calls, 64 in flight', figure: 'tool call, logged, 64 in flight', atLeast: 28_000, timesFloorAtLeast: 0.3 },
    { what: 'CPU of a call, 64 in flight', figure: 'tool call, logged, 64 in flight, CPU', atMost: 36, timesFloorAtMost: 6 },
    { what: 'the sockets alone, 64 in flight', figure: 'sockets alone, 64 in flight', timesFloorAtLeast: 0.5 },
    { what: 'control call, 1 in flight, p50', figure: 'control call, logged, 1 in flight, p50', atMost: 220 },
    { what: 'control calls, 64 in flight', figure: 'control call, logged, 64 in flight', atLeast: 45_000 },
  ],
  run,
}

async function run({ small }: { readonly small: boolean }): Promise<readonly Figure[]> {
  await using server = await child<Places>(SERVERS, [])
  const cases = [1, 64].flatMap((inFlight) => (Object.keys(CASES) as Case[]).map((name) => ({ name, inFlight })))
  const samples = cases.map((): Sample[] => [])
  for (let round = 0; round < (small ? 1 : 5); round += 1) {
    for (const [index, { name, inFlight }] of cases.entries()) {
      const count = small ? 100 : inFlight === 1 ? 4_000 : 40_000
      const timed = await call(name, { inFlight, count }, server.ready, async () => void (await cpuUs(server.process)))
      samples[index]?.push({ ...timed, cpuUs: (await cpuUs(server.process)) / count })
    }
  }
  return cases.flatMap(({ name, inFlight }, index) => figuresOf(name, inFlight, samples[index] ?? []))
}

function call(name: Case, much: { readonly inFlight: number; readonly count: number }, places: Places, before: () => Promise<void>) {
  if (name === 'control' || name === 'unixEcho') return sendLines({ path: places[name], line: LINE, ...much }, before)
  return makeCalls({ place: places[name], params: PARAMS, format: 'json', ...much }, before)
}

/** With the CPU time of the server's process for each call, which a busy machine changes least. */
interface Sample extends Timed {
  readonly cpuUs: number
}

/** About 280 bytes for the whole frame, as small tools send. */
const PARAMS = { code: 'x'.repeat(180) }

const LINE = `${JSON.stringify({ cmd: 'call', endpoint: 'submit', kwargs: PARAMS, caller: 'external:bench' })}\n`

function figuresOf(name: Case, inFlight: number, samples: readonly Sample[]): readonly Figure[] {
  const floor = FLOORS[name]
  const figure = (ending: string, unit: Figure['unit'], pick: (sample: Sample) => number): Figure => ({
    name: `${CASES[name]}, ${inFlight} in flight${ending}`,
    unit,
    rounds: samples.map(pick),
    ...(floor !== undefined && { floor: `${CASES[floor]}, ${inFlight} in flight${ending}` }),
  })
  const rate = figure('', 'per second', ({ perSecond }) => perSecond)
  const cpu = figure(', CPU', 'us', (sample) => sample.cpuUs)
  return [rate, cpu, figure(', p50', 'us', ({ p50Us }) => p50Us), figure(', p99', 'us', ({ p99Us }) => p99Us)]
}

if (import.meta.main) await main(bench)
