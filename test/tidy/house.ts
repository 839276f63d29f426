/**
 * The rules of the house as functions of file texts: each takes sources and returns what is wrong, one sentence each.
 * They read text, not syntax trees: milliseconds matter more here than the last odd corner.
 */
export interface Source {
  /** Relative to the project, with forward slashes. */
  readonly path: string
  readonly text: string
}

/** Folders of src by row. A file imports from its own folder and from lower rows, never sideways. */
const ROWS: { readonly [folder: string]: number } = {
  log: 1,
  projections: 2,
  machines: 2,
  wire: 2,
  runtime: 3,
  replay: 4,
  export: 4,
  testing: 5,
  cli: 6,
}

/** The extension is loaded by pi: it shares the wire's vocabulary and knows nothing of the runtime. */
const EXTENSION_ROW = 3
/** Codes of Node that stand-ins for its functions throw as well. */
const NODES_OWN = new Set(['ERR_UNKNOWN_FILE_EXTENSION', 'ERR_INVALID_ARG_TYPE', 'ERR_INVALID_ARG_VALUE', 'ERR_OUT_OF_RANGE'])
const ABOVE_ALL = 9
const LINES_MAX = 300
/** Tests are read one by one, and their fixtures sit beside them. */
const TEST_LINES_MAX = 400

export function importsAgainstTheRows(sources: readonly Source[]): string[] {
  return sources.flatMap((source) => importsOf(source).flatMap((target) => wrongImport(source.path, target)))
}

export function filesTooLong(sources: readonly Source[]): string[] {
  return sources
    .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1, max: path.startsWith('test/') ? TEST_LINES_MAX : LINES_MAX }))
    .filter(({ lines, max }) => lines > max)
    .map(({ path, lines, max }) => `${path} has ${lines} lines, more than ${max}.`)
}

/** What pure files do that pure files do not: themselves, or by importing values from a file that is not on the list. */
export function impurities(sources: readonly Source[], isPure: (path: string) => boolean): string[] {
  return sources.filter(({ path }) => isPure(path)).flatMap((source) => [...impureCode(source), ...impureImports(source, isPure)])
}

export function forbiddenWords(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, text }) =>
    FORBIDDEN_EVERYWHERE.filter((pattern) => pattern.test(text)).map((pattern) => `${path} contains ${pattern.source}.`),
  )
}

/** The library neither talks to the terminal nor ends the process; only the command line does. */
export function outputOutsideOfCli(sources: readonly Source[]): string[] {
  return sources
    .filter(({ path }) => !path.startsWith('src/cli/'))
    .flatMap(({ path, text }) =>
      forbiddenOutput(path)
        .filter((pattern) => pattern.test(codeOf(text)))
        .map((pattern) => `${path} uses ${pattern.source}.`),
    )
}

/** Codes without a paragraph (a heading that names them), and paragraphs whose code nothing throws any more. */
export function undocumentedErrors(sources: readonly Source[], errorsDocument: string): string[] {
  const thrown = new Map(
    sources.flatMap(({ path, text }) => [...text.matchAll(/'(ERR_[A-Z_]+)'/g)].map((match) => [match[1] as string, path] as const)),
  )
  const documented = new Set([...errorsDocument.matchAll(/^#+ .*$/gm)].flatMap((heading) => heading[0].match(/ERR_[A-Z_]+/g) ?? []))
  const missing = [...thrown]
    .filter(([code]) => !documented.has(code) && !NODES_OWN.has(code))
    .map(([code, path]) => `${code} (${path}) has no paragraph in docs/errors.md.`)
  const stale = [...documented].filter((code) => !thrown.has(code)).map((code) => `docs/errors.md describes ${code}, which nothing throws.`)
  return [...missing, ...stale]
}

function impureCode({ path, text }: Source): string[] {
  const code = codeOf(text)
  return IMPURE.filter(({ pattern }) => pattern.test(code)).map(({ what }) => `${path} is on the purity list but uses ${what}.`)
}

function impureImports(source: Source, isPure: (path: string) => boolean): string[] {
  const text = source.text.replace(/^(?:import|export) type .*$/gm, '')
  const targets = importsOf({ path: source.path, text }).filter((target) => !isPure(target))
  return targets.map((target) => `${source.path} is on the purity list but imports ${target}, which is not.`)
}

/** `ramure demo` is the one place of the library that shows an example. */
function wrongImport(path: string, target: string): string[] {
  if (target.endsWith('/index.ts')) return [`${path} imports through ${target}; import the file that holds the name.`]
  if (path.startsWith('src/cli/') && target.startsWith('examples/')) return []
  if (!target.startsWith('src/')) return path.startsWith('src/') ? [`${path} imports ${target}, which is outside of src.`] : []
  const from = rowOf(path)
  const to = rowOf(target)
  if (from.folder === to.folder || from.row > to.row) return []
  return [`${path} (row ${from.row}) imports ${target} (row ${to.row}); only lower rows may be imported.`]
}

/** What lies outside of the rows, like src/index.ts, stands above them all; a folder that has no row yet as well. */
function rowOf(path: string): { readonly folder: string; readonly row: number } {
  if (path.startsWith('extension/')) return { folder: 'extension', row: EXTENSION_ROW }
  const folder = /^src\/([^/]+)\//.exec(path)?.[1] ?? ''
  return { folder, row: ROWS[folder] ?? ABOVE_ALL }
}

/** Relative imports and re-exports, types included, as project paths. */
function importsOf({ path, text }: Source): string[] {
  const specifiers = [...text.matchAll(/(?:\bfrom|^import|\bimport\()\s*'(\.[^']*)'/gm)].map((match) => match[1] as string)
  return specifiers.map((specifier) => resolve(path, specifier))
}

function resolve(path: string, specifier: string): string {
  const parts = path.split('/').slice(0, -1)
  for (const part of specifier.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '.') parts.push(part)
  }
  return parts.join('/')
}

/** The text without comments and without what is inside of quotes, except in import lines. */
function codeOf(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/.*|'(?:\\.|[^'\\\n])*'/g, (token) =>
    token.startsWith("'node:") ? token : token.startsWith("'") ? "''" : '',
  )
}

const IMPURE = [
  // node:util only computes.
  { what: 'a node: module', pattern: /'node:(?!util')/ },
  { what: 'the clock', pattern: /\bDate\.now\b|\bnew Date\(\)|\bperformance\.|\bset(Timeout|Interval|Immediate)\(/ },
  { what: 'dice', pattern: /\bMath\.random\b|\bcrypto\./ },
  { what: 'async code', pattern: /\basync\b|\bawait\b|\bPromise\b/ },
  { what: 'the process', pattern: /(?<![.\w])process\.(env|argv|cwd|pid|exit|std\w+|on|once|hrtime|nextTick|platform|kill|version)\b/ },
] as const

const OUTPUT = [/\bconsole\.\w+\(/, /(?<![.\w])process\.(stdout|stderr)\b/, /(?<![.\w])process\.exit\b/]

/** The extension is a guest in pi's process, whose stderr is kept for us: that is where its last words belong. */
function forbiddenOutput(path: string): readonly RegExp[] {
  return path.startsWith('extension/') ? OUTPUT.filter((pattern) => !pattern.test('process.stderr')) : OUTPUT
}

/** Spelled in halves, so that this file passes its own check. */
const FORBIDDEN_EVERYWHERE = ['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX'].map((word) => new RegExp(`\\b${word}\\b`))
