/** A counterexample as a plain test that anybody can keep. */
import { toJson } from '../../log/json.ts'
import type { CallStep, Step } from '../schedule.ts'
import type { SimulatedRun } from '../simulated-run.ts'
import type { Invariant } from './always.ts'
import { freeNames } from './free-names.ts'
import { type ImportedName, importLines, importsOf, type Slice, sliceOf } from './module-slice.ts'
import { preview } from './story.ts'

export interface TestTextOptions {
  readonly process: string
  readonly invariant: Pick<Invariant, 'name'>
  /** The question, when it was a function. */
  readonly question: Question | null
  readonly run: SimulatedRun
  readonly runner: 'vitest' | 'node:test'
  /** The file that holds the process, and the name it exports it by; null when it does not export it, or is not known. */
  readonly program: { readonly path: string; readonly exported: string | null } | null
  /** The file that holds the property; null when it is not known. */
  readonly testFile: { readonly path: string; readonly source: string } | null
  /** Where a path leads that is written in a file. */
  readonly resolve: (file: string, path: string) => string
}

export interface Question {
  /** The name of the function, or ''. */
  readonly name: string
  readonly source: string
}

/** It fails as long as the program is as it was, and passes once it is mended. Files are imported by their whole paths. */
export function testText(options: TestTextOptions): string {
  const { process, invariant, question, run, runner, testFile } = options
  const asked = question && questionText(question, testFile?.source ?? '')
  const slice = asked ? sliceOf(testFile?.source ?? '', asked.needs) : NOTHING
  const own = processImport(options)
  const imports = [
    ...ownImports(runner, asked === null, slice),
    ...slice.imports.map((each) => placed(each, options)),
    ...(own ? [own] : []),
  ]
  const gaps = [...(own ? [] : [processGap(options)]), ...slice.missing.map((name) => checkGap(name, options))]
  const steps = stepsOf(run).map((step) => `      ${preview(toJson(step))},`)
  const schedule = steps.length > 0 ? ['    schedule: [', ...steps, '    ],'] : ['    schedule: [],']
  const seed = run.seed === 0 ? [] : [`    seed: ${typeof run.seed === 'number' ? run.seed : preview(run.seed)},`]
  const args = run.args.map((arg) => preview(toJson(arg))).join(', ')
  return [
    ...importLines(imports),
    '',
    ...(slice.declarations.length > 0
      ? [`// As in ${testFile?.path.split('/').at(-1)}.`, ...slice.declarations.flatMap((each) => [each, ''])]
      : []),
    `test(${JSON.stringify(`${process}: ${invariant.name}`)}, async () => {`,
    ...gaps.flatMap((gap) => [`  // ${gap} Then remove this line.`, `  assert.fail(${JSON.stringify(gap)})`]),
    `  const run = await simulate(${process}, [${args}], {`,
    ...seed,
    ...schedule,
    '  })',
    ...(asked ? asked.claim : [`  assert.equal(await always.${callText(invariant.name)}.check(run), null)`]),
    '})',
    '',
  ].join('\n')
}

const NOTHING: Slice = { imports: [], declarations: [], missing: [] }

interface Asked {
  /** Names that it takes from around it. */
  readonly needs: readonly string[]
  readonly claim: readonly string[]
}

/** A question that stands at the top of its file is taken from there, with its types; another one as Node knows it. */
function questionText({ name, source }: Question, file: string): Asked {
  if (name !== '' && sliceOf(file, [name]).missing.length === 0)
    return { needs: [name], claim: [`  assert.notEqual(await ${name}(run), false)`] }
  const text = expressionOf(asWritten(source, importsOf(file)))
  if (text === null)
    return { needs: [name === '' ? 'holds' : name], claim: [`  assert.notEqual(await ${name === '' ? 'holds' : name}(run), false)`] }
  const claim = [`  const holds: (it: typeof run) => unknown = ${text}`, '  assert.notEqual(await holds(run), false)']
  return { needs: freeNames(text), claim }
}

/** A method is no expression without `function`; what is built in is none at all. */
function expressionOf(source: string): string | null {
  return [source, `function ${source}`, source.replace(/^async\s+/, 'async function ')].find(isExpression) ?? null
}

function isExpression(text: string): boolean {
  try {
    new Function(`return (${text})`)
    return true
  } catch {
    return false
  }
}

/** Vitest runs modules in a form of its own, in which an imported name is a field: `(0,__vite_ssr_import_3__.expect)(…)`. */
function asWritten(source: string, imports: readonly ImportedName[]): string {
  const field = String.raw`__vite_ssr_import_\d+__\.([\w$]+)`
  const local = (_: string, name: string): string => {
    const found = imports.find(({ imported, isType }) => imported === name && !isType)
    if (found) return found.local
    const space = imports.find(({ imported }) => imported === '*')
    return space ? `${space.local}.${name}` : name
  }
  return source
    .replaceAll(new RegExp(String.raw`\(0,\s*${field}\)`, 'g'), local)
    .replaceAll(new RegExp(field, 'g'), local)
    .replaceAll(/__vite_ssr_import_\d+__/g, () => imports.find(({ imported }) => imported === '*')?.local ?? 'imported')
}

function ownImports(runner: string, isInvariant: boolean, { imports }: Slice): readonly ImportedName[] {
  const named = (local: string, from: string): ImportedName => ({ local, imported: local, from, isType: false })
  const own = [
    { local: 'assert', imported: 'default', from: 'node:assert/strict', isType: false },
    named('simulate', 'ramure/testing'),
    ...(isInvariant ? [named('always', 'ramure/testing')] : []),
    named('test', runner),
  ]
  return own.filter(({ local }) => imports.every((each) => each.local !== local))
}

function processImport({ process, program, testFile }: TestTextOptions): ImportedName | null {
  if (!program || program.exported === null || program.path === testFile?.path) return null
  return { local: process, imported: program.exported, from: program.path, isType: false }
}

function placed(imported: ImportedName, { testFile, resolve }: TestTextOptions): ImportedName {
  return testFile && imported.from.startsWith('.') ? { ...imported, from: resolve(testFile.path, imported.from) } : imported
}

function processGap({ process, program, testFile }: TestTextOptions): string {
  if (!program) return `Import the process ${process} from the file that exports it.`
  const file = program.path.split('/').at(-1)
  return program.path === testFile?.path
    ? `${process} is made in ${file}, which is a test: move it into a file of its own, export it, and import it here.`
    : `${file} does not export ${process} in a way that can be seen: export it there, and import it here.`
}

function checkGap(name: string, { testFile }: TestTextOptions): string {
  return `The check uses ${name}${testFile ? `, which stands inside of something in ${testFile.path.split('/').at(-1)}` : ''}: write it here.`
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
