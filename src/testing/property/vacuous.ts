/** A property whose scripts name what is not there tests nothing. */
import { RamureError } from '../../log/error.ts'
import type { Explored } from './explore.ts'
import type { Scripts } from './property.ts'

/** Throws ERR_PROPERTY_VACUOUS when a script names an agent or a tool that no schedule had. */
export function missingNames(scripts: Scripts, { agents }: Explored): void {
  if (typeof scripts === 'function') return
  for (const [agent, given] of Object.entries(scripts)) {
    const tools = agents[agent]
    if (!tools) throw vacuous(`No schedule had an agent '${agent}'`, `there were ${Object.keys(agents).join(', ') || 'none'}`)
    const missing = typeof given === 'function' ? undefined : given.tools.find((tool) => !tools.includes(tool))
    if (missing !== undefined) {
      throw vacuous(`'${agent}' was never given the tool '${missing}' that its script names`, `it was given ${tools.join(', ') || 'none'}`)
    }
  }
}

function vacuous(what: string, instead: string): RamureError {
  return new RamureError('ERR_PROPERTY_VACUOUS', `${what}; ${instead}. The property would hold of anything.`, {
    hint: 'Mend the name, or remove it from agents().',
  })
}
