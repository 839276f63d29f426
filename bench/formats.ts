/**
 * JSON beside the MessagePack subprotocol: the same tool call with a small text, 4 KB and 64 KB of text, and 64 KB of bytes
 * (base64 in JSON), through the sockets alone; round trips a second, and the CPU time of both processes for each. And the
 * bytes on the wire. JSON is the floor: what everybody gets who asks for nothing. `node bench/formats.ts [--json [file]] [--small]`.
 */
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { encode } from '@msgpack/msgpack'
import type { Bench, Figure } from './support/bench.ts'
import { makeCalls } from './support/caller.ts'
import { child, cpuUs } from './support/child.ts'
import { main } from './support/main.ts'
import type { Places } from './support/wire-servers.ts'

const SERVERS = fileURLToPath(new URL('support/wire-servers.ts', import.meta.url))
const FORMATS = ['json', 'msgpack'] as const
type Format = (typeof FORMATS)[number]
const IN_FLIGHT = 16

/** Source code as agents hand it in: quotes and line ends, which JSON escapes. */
const LINE = '  const answer = question.trim() === \'\' ? null : "forty-two" // say why\n'
const text = (bytes: number) => LINE.repeat(Math.ceil(bytes / LINE.length)).slice(0, bytes)
const BYTES = randomBytes(65_536)

const PAYLOADS: readonly { readonly name: string; readonly count: number; params(format: Format): unknown }[] = [
  { name: 'small text', count: 8_000, params: () => ({ code: text(180) }) },
  { name: '4 KB text', count: 4_000, params: () => ({ code: text(4_096) }) },
  { name: '64 KB text', count: 600, params: () => ({ code: text(65_536) }) },
  { name: '64 KB bytes', count: 600, params: (format) => ({ file: format === 'json' ? BYTES.toString('base64') : BYTES }) },
]

export const bench: Bench = {
  name: 'formats',
  promises: [{ what: 'small text costs no more in JSON', figure: 'small text, json, CPU', timesFloorAtMost: 1 }],
  run,
}

interface Sample {
  readonly perSecond: number
  readonly cpuUs: number
}

async function run({ small }: { readonly small: boolean }): Promise<readonly Figure[]> {
  await using server = await child<Places>(SERVERS, [])
  const cases = PAYLOADS.flatMap((payload) => FORMATS.map((format) => ({ ...payload, format })))
  const samples = cases.map((): Sample[] => [])
  for (let round = 0; round < (small ? 1 : 5); round += 1) {
    for (const [index, { format, count, params }] of cases.entries()) {
      let before = process.cpuUsage()
      const calls = { place: server.ready.wire, inFlight: IN_FLIGHT, count: small ? 20 : count, params: params(format), format }
      const { perSecond } = await makeCalls(calls, async () => {
        await cpuUs(server.process)
        before = process.cpuUsage()
      })
      const { user, system } = process.cpuUsage(before)
      samples[index]?.push({ perSecond, cpuUs: (user + system + (await cpuUs(server.process))) / calls.count })
    }
  }
  return cases.flatMap(({ name, format, params }, index) => figuresOf(name, format, params(format), samples[index] ?? []))
}

/** Each format stands beside the other one. */
function figuresOf(name: string, format: Format, params: unknown, samples: readonly Sample[]): readonly Figure[] {
  const other = format === 'json' ? 'msgpack' : 'json'
  const figure = (ending: string, unit: Figure['unit'], rounds: readonly number[]): Figure => ({
    name: `${name}, ${format}${ending}`,
    unit,
    rounds,
    floor: `${name}, ${other}${ending}`,
  })
  const frame = { type: 'event', event_type: 'tool_call', data: { call_id: 'c1-1', tool: 'submit', params } }
  const bytes = format === 'json' ? Buffer.byteLength(JSON.stringify(frame)) : encode(frame).length
  return [
    figure(
      '',
      'per second',
      samples.map(({ perSecond }) => perSecond),
    ),
    figure(
      ', CPU',
      'us',
      samples.map((sample) => sample.cpuUs),
    ),
    figure(', frame', 'bytes', [bytes]),
  ]
}

if (import.meta.main) await main(bench)
