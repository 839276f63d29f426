/** A property whose scripts name what is not there tests nothing. */
import { RamureError } from '../../log/error.ts'
import type { Explored } from './explore.ts'
import type { Scripts } from './property.ts'

/** What is wrong with the names in the scripts, as a sentence part; null when every one of them was met. */
export function missingName(scripts: Scripts, { agents }: Pick<Explored, 'agents'>): string | null {
  if (typeof scripts === 'function') return null
  for (const [agent, given] of Object.entries(scripts)) {
    const tools = agents[agent]
    if (!tools) return `no schedule had an agent '${agent}'; there were ${Object.keys(agents).join(', ') || 'none'}`
    const missing = typeof given === 'function' ? undefined : given.tools.find((tool) => !tools.includes(tool))
    if (missing !== undefined) {
      return `'${agent}' was never given the tool '${missing}' that its script names; it was given ${tools.join(', ') || 'none'}`
    }
  }
  return null
}

export function vacuous(what: string): RamureError {
  return new RamureError('ERR_PROPERTY_VACUOUS', `The property would hold of anything: ${what}.`, {
    hint: 'Mend the name, or remove it from agents().',
  })
}
