/** Speaking to a live run over its control socket. */
import { RamureError } from '../log/error.ts'
import type { Json, JsonObject } from '../log/events.ts'
import { type Control, control } from '../wire/control-client.ts'
import type { LiveRun } from '../wire/registry.ts'
import { type Cli, type Options, textOption } from './cli.ts'
import { chooseLiveRun } from './runs.ts'

/** Finds the live run, speaks to it, and hangs up. */
export async function speak<T>(cli: Cli, wanted: string | undefined, talk: (live: LiveRun, line: Control) => Promise<T>): Promise<T> {
  const live = await chooseLiveRun(cli, wanted)
  const line = control(live.socket)
  try {
    return await talk(live, line)
  } finally {
    line.close()
  }
}

/** Names of the run's agents, as the run itself gives them. */
export async function agentNames(line: Control): Promise<readonly string[]> {
  const { agents } = await line.request({ cmd: 'status' })
  return objects(agents).map((agent) => String(agent['name']))
}

/** `external:<who>`: who asks, in the log. Default `cli`. Throws ERR_USAGE. */
export function callerOf(options: Options): string {
  const who = textOption(options, 'as') ?? 'cli'
  if (/^[A-Za-z0-9][\w.@-]{0,63}$/.test(who)) return `external:${who}`
  throw new RamureError('ERR_USAGE', `--as takes a name of letters, digits, ".", "_", "@" and "-", not ${JSON.stringify(who)}.`, {
    hint: 'for example  --as ci',
  })
}

export function objects(value: Json | undefined): readonly JsonObject[] {
  if (!Array.isArray(value)) return []
  return value.filter((item): item is JsonObject => typeof item === 'object' && item !== null && !Array.isArray(item))
}
