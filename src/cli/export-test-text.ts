/** The text of a test that plays a recorded run again, with agents that do what they did. */
import type { Json } from '../log/events.ts'
import { isList } from '../log/json.ts'

export interface TestFacts {
  readonly run: string
  readonly runner: 'vitest' | 'node:test'
  readonly process: string
  /** What the module that holds the process exports it as; null when it does not, or not so that it can be seen. */
  readonly exported: string | null
  /** How the test imports that module, and where the recording lies, as it sees them. */
  readonly from: string
  readonly recording: string
  readonly args: readonly Json[]
  readonly agents: readonly string[]
  readonly outcome: string | null
  readonly result: Json | undefined
  readonly error: string | undefined
  readonly entriesCount: number
  readonly date: string
}

/** Longer values are compared with the recording instead of being written out. */
const INLINE_MAX = 200

export function exportedTest(facts: TestFacts): string {
  const { run, runner, process, exported, from, recording, agents, outcome, entriesCount, date } = facts
  const parts = agents.map((name) => `      ${key(name)}: agentFromRecording(recorded.entries, ${quoted(name)}),`)
  return [
    "import assert from 'node:assert/strict'",
    `import { ${agents.length > 0 ? 'agentFromRecording, ' : ''}readRecording, simulate } from 'ramure/testing'`,
    `import { test } from '${runner}'`,
    ...(exported === null ? [] : [`import ${importClause(exported, process)} from ${quoted(from)}`]),
    '',
    `// ${run}: ${entriesCount} entries of ${date}, ${outcome ?? 'cut off before its end'}. Replace an agent by a function to see what else may happen.`,
    `test(${quoted(`${process} does what it did in ${run}`)}, async () => {`,
    ...(exported === null ? gapLines(facts) : []),
    `  const recorded = await readRecording(new URL(${quoted(recording)}, import.meta.url))`,
    `  const run = await simulate(${process}, ${argsText(facts)}, {`,
    '    ...recorded.world,',
    ...(parts.length > 0 ? ['    agents: {', ...parts, '    },'] : []),
    '  })',
    ...endLines(facts),
    ...agents.map((name) => `  assert.deepEqual(run.messages(${quoted(name)}), recorded.messages(${quoted(name)}))`),
    '})',
    '',
  ].join('\n')
}

function importClause(exported: string, process: string): string {
  if (exported === 'default') return process
  return `{ ${exported === process ? exported : `${exported} as ${process}`} }`
}

/** A test that loads, and says what only a person can know. */
function gapLines({ process, from }: TestFacts): string[] {
  const gap = `${from} does not export ${process} in a way that can be seen: export it there, and import it here.`
  return [`  // ${gap} Then remove this line.`, `  assert.fail(${quoted(gap)})`]
}

function argsText({ args }: TestFacts): string {
  const text = literal(args)
  return text.length <= INLINE_MAX ? text : 'recorded.args as never'
}

function endLines({ outcome, result, error }: TestFacts): string[] {
  if (outcome === null) return []
  const ended = [`  assert.equal(run.outcome, ${quoted(outcome)})`]
  if (result !== undefined && result !== null) {
    const text = literal(result)
    ended.push(`  assert.deepEqual(run.last('run_ended')?.data.result, ${text.length <= INLINE_MAX ? text : 'recorded.result'})`)
  }
  if (error !== undefined)
    ended.push(`  assert.equal(run.error?.message, ${error.length <= INLINE_MAX ? quoted(error) : 'recorded.error'})`)
  return ended
}

/** JSON as TypeScript is written here. */
function literal(value: Json): string {
  if (typeof value === 'string') return quoted(value)
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (isList(value)) return `[${value.map(literal).join(', ')}]`
  const fields = Object.entries(value).map(([name, field]) => `${key(name)}: ${literal(field)}`)
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`
}

function key(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name)
}

function quoted(text: string): string {
  const inside = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")
  return `'${inside.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}'`
}
