/** Which driver plays an agent. */

import { RamureError } from '../log/error.ts'
import type { Entry } from '../log/events.ts'
import type { AgentDriver } from '../machines/driver.ts'
import type { PiDriver } from '../machines/pi.ts'
import type { ClientEvent } from '../wire/host.ts'
import type { LaunchRequest } from './agent.ts'
import type { DriverChoice } from './driver-choice.ts'
import { externalDriver } from './external-agent.ts'
import { scriptedDriver } from './scripted-agent.ts'
import type { ClosableDriver, Surroundings } from './surroundings.ts'

export interface Drivers {
  of(request: LaunchRequest): Promise<AgentDriver>
  /** Lets scripted agents see a written entry. */
  publish(entry: Entry): void
  close(): Promise<void>
}

export interface DriversOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly around: Surroundings
  /** Takes what a scripted agent says. */
  readonly receive: (agent: string, event: ClientEvent) => void
}

export function openDrivers(options: DriversOptions): Drivers {
  const { around, receive } = options
  const listeners = new Map<string, Set<(entry: Entry) => void>>()
  const subscribe = (agent: string, listener: (entry: Entry) => void) => {
    const set = listeners.get(agent) ?? new Set()
    listeners.set(agent, set.add(listener))
    return () => {
      set.delete(listener)
      if (set.size === 0 && listeners.get(agent) === set) listeners.delete(agent)
    }
  }
  let pi: Promise<ClosableDriver> | null = null
  const choose = (choice: DriverChoice): AgentDriver | Promise<AgentDriver> => {
    if (choice === 'external') return externalDriver()
    if (choice === 'pi') return (pi ??= around.pi ? Promise.resolve(around.pi) : loadPi(options))
    if (choice?.name === 'scripted') return scriptedDriver(choice, { receive, subscribe })
    throw new RamureError('ERR_DRIVER', `There is no driver ${JSON.stringify(choice)}.`, { hint: "Use 'pi', 'external' or scripted(fn)." })
  }
  return {
    of: async (request) => choose(request.driver ?? around.driver?.(request.name) ?? 'pi'),
    publish(entry) {
      if (entry.agent === undefined || entry.aseq === undefined) return
      for (const listener of [...(listeners.get(entry.agent) ?? [])]) listener(entry)
    },
    async close() {
      const driver = await pi?.catch(() => null)
      if (driver && driver !== around.pi) await driver.close?.()
    },
  }
}

/** Loaded only for runs that have such an agent. */
async function loadPi({ env, around }: DriversOptions): Promise<PiDriver> {
  const { piDriver } = await import('../machines/pi.ts')
  const model = env.RAMURE_MODEL
  return piDriver({ env: around.env ?? {}, ...(model && { defaultModel: model }) })
}
