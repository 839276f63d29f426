/** Arguments for tools: what their schemas allow, what they forbid, and whether some are allowed. */
import type { Definition, Json, JsonObject } from '../../log/events.ts'
import { isList } from '../../log/json.ts'
import { createTool, type Tool } from '../../runtime/tool.ts'
import type { Chance } from './chance.ts'
import { type FastCheck, schemaArbitrary } from './schema-values.ts'

export interface ArgumentMaker {
  /** Arguments that the tool allows; null when none were found. */
  allowed(tool: Definition, chance: Chance): Json | null
  /** Arguments that it refuses; null when none were found. */
  forbidden(tool: Definition, chance: Chance): Json | null
  /** Whether its schema allows these. */
  allows(tool: Definition, params: Json): boolean
}

/** How often fast-check is asked before a schema is taken to allow nothing. */
const TRIES = 30
/** How often one of 3 values is an edge case, as fast-check counts it. */
const BIAS = 3

interface Known {
  readonly tool: Tool
  readonly arbitrary: ReturnType<typeof schemaArbitrary>
}

export function argumentMaker(fc: FastCheck): ArgumentMaker {
  const known = new Map<string, Known>()
  const find = (definition: Definition): Known => {
    const key = JSON.stringify(definition.parameters)
    const found = known.get(key) ?? {
      tool: createTool('tool', 'tool', { input: definition.parameters }, () => {}),
      arbitrary: schemaArbitrary(fc, definition.parameters),
    }
    known.set(key, found)
    return found
  }
  const made = ({ arbitrary }: Known, chance: Chance): Json => arbitrary.generate(randomOf(fc, chance), BIAS).value
  return {
    allowed(definition, chance) {
      const one = find(definition)
      for (let tries = 0; tries < TRIES; tries += 1) {
        const params = made(one, chance)
        if (isAllowed(one.tool, params)) return params
      }
      return null
    },
    forbidden(definition, chance) {
      const one = find(definition)
      for (let tries = 0; tries < TRIES; tries += 1) {
        const params = spoiled(made(one, chance), chance)
        if (!isAllowed(one.tool, params)) return params
      }
      return null
    },
    allows: (definition, params) => isAllowed(find(definition).tool, params),
  }
}

/** fast-check's own source of chance, on our dice. */
export function randomOf(fc: FastCheck, { dice }: Chance): import('fast-check').Random {
  const source = { clone: () => source, next: () => dice.uint32() | 0, getState: () => [] }
  return new fc.Random(source)
}

function isAllowed(tool: Tool, params: Json): boolean {
  try {
    tool.parse(params)
    return true
  } catch {
    return false
  }
}

/** A mistake that a model makes: a field left out, made up, or of another type. */
function spoiled(params: Json, chance: Chance): Json {
  if (params === null || typeof params !== 'object' || isList(params)) return null
  const object: JsonObject = params
  const key = chance.one([...Object.keys(object), 'made_up'])
  const { [key]: old, ...rest } = object
  if (old !== undefined && chance.is(0.5)) return rest
  return { ...rest, [key]: typeof old === 'string' ? 7 : 'a text' }
}
