/** A counterexample as a plain test that anybody can keep. */
import { toJson } from '../../log/json.ts'
import type { CallStep, Step } from '../schedule.ts'
import type { SimulatedRun } from '../simulated-run.ts'
import type { Invariant } from './always.ts'
import { preview } from './story.ts'

export interface TestTextOptions {
  readonly process: string
  readonly invariant: Pick<Invariant, 'name'>
  /** Source of the question, when it was a function. */
  readonly question: string | null
  readonly run: SimulatedRun
  /** How the test imports the process; default: a path to fill in. */
  readonly from?: string
}

/** It fails as long as the program is as it was, and passes once it is mended. */
export function testText({ process, invariant, question: source, run, from = './the-program.ts' }: TestTextOptions): string {
  const question = source && asWritten(source)
  const steps = stepsOf(run).map((step) => `      ${preview(toJson(step))},`)
  const schedule = steps.length > 0 ? ['    schedule: [', ...steps, '    ],'] : ['    schedule: [],']
  const options = [...(run.seed === 0 ? [] : [`    seed: ${run.seed},`]), ...schedule]
  const args = run.args.map((arg) => preview(toJson(arg))).join(', ')
  const claim = question
    ? [`  const holds: (it: typeof run) => unknown = ${question}`, '  assert.notEqual(await holds(run), false)']
    : [`  assert.equal(await always.${callText(invariant.name)}.check(run), null)`]
  return [
    "import assert from 'node:assert/strict'",
    `import { ${question ? '' : 'always, '}simulate } from 'ramure/testing'`,
    `import { ${question && /\bexpect\b/.test(question) ? 'expect, ' : ''}test } from 'vitest'`,
    `import { ${process} } from '${from}'`,
    '',
    `test(${JSON.stringify(`${process}: ${invariant.name}`)}, async () => {`,
    `  const run = await simulate(${process}, [${args}], {`,
    ...options,
    '  })',
    ...claim,
    '})',
    '',
  ].join('\n')
}

/** Vitest runs modules in a form of its own, in which an imported name is a field: `(0,__vite_ssr_import_3__.expect)(…)`. */
function asWritten(source: string): string {
  const name = String.raw`__vite_ssr_import_\d+__\.(\w+)`
  return source.replaceAll(new RegExp(String.raw`\(0,\s*${name}\)`, 'g'), '$1').replaceAll(new RegExp(name, 'g'), '$1')
}

function callText(name: string): string {
  return name.includes('(') ? name : `${name}()`
}

/** What a function had an agent call is a call like any other, once it has happened. */
function stepsOf({ happened, schedule }: SimulatedRun): readonly Step[] {
  return schedule.map((step, at) => {
    const call = happened[at]?.call
    if (!('acts' in step) || !call) return step
    const { agent, afterMs } = step
    return { agent, call: call.tool, params: call.params, ...(afterMs !== undefined && { afterMs }) } satisfies CallStep
  })
}
