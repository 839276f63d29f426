/** The part of a module that some names of it need: imports and declarations, as they are written. */
import { declaredNames, freeNames } from './free-names.ts'

export interface ImportedName {
  /** As it is called here. */
  readonly local: string
  /** As it is called there: `default`, `*` for all of it. */
  readonly imported: string
  readonly from: string
  readonly isType: boolean
}

export interface Slice {
  readonly imports: readonly ImportedName[]
  /** Texts of the declarations, in their order. */
  readonly declarations: readonly string[]
  /** Names that the module does not have at its top. */
  readonly missing: readonly string[]
}

/** What `names` need of the module with this text, and what that needs. Declarations begin at the start of a line, as formatters write them. */
export function sliceOf(source: string, names: readonly string[]): Slice {
  const statements = statementsOf(source)
  const imports = importsOf(source)
  const wanted = [...names]
  const known = new Set<string>()
  const used: ImportedName[] = []
  const declarations = new Set<string>()
  const missing: string[] = []
  for (let name = wanted.shift(); name !== undefined; name = wanted.shift()) {
    if (known.has(name)) continue
    known.add(name)
    const imported = imports.find(({ local }) => local === name)
    const declaration = statements.find((statement) => declaredNames(statement).includes(name as string))
    if (imported) used.push(imported)
    else if (declaration !== undefined) {
      declarations.add(declaration)
      wanted.push(...freeNames(declaration))
      // What a declaration uses and the module does not have is a global or a type of the language.
    } else if (names.includes(name)) missing.push(name)
  }
  return { imports: used, declarations: statements.filter((each) => declarations.has(each)), missing }
}

/** Statements at the top of a module. */
function statementsOf(source: string): readonly string[] {
  const statements: string[] = []
  for (const line of source.split('\n')) {
    const begins = /^[^\s/*})\]]/.test(line)
    if (begins) statements.push(line)
    else if (statements.length > 0 && !/^\/[/*]|^ ?\*/.test(line)) statements.push(`${statements.pop()}\n${line}`)
  }
  return statements.map((statement) => statement.trimEnd())
}

const IMPORT = /^import\s+(type\s+)?([^'"]*?)\s*from\s*['"]([^'"]+)['"]/gm

/** Everything that a module imports by name. */
export function importsOf(source: string): readonly ImportedName[] {
  return [...source.matchAll(IMPORT)].flatMap(([, type, clause = '', from = '']) => {
    const isType = type !== undefined
    const [, inside = ''] = /\{([^}]*)\}/.exec(clause) ?? []
    const outside = clause.replace(/\{[^}]*\}/, '').split(',')
    const whole = outside.flatMap((part): ImportedName[] => {
      const [, space] = /^\s*\*\s*as\s+([\w$]+)\s*$/.exec(part) ?? []
      if (space !== undefined) return [{ local: space, imported: '*', from, isType }]
      const [, local] = /^\s*([\w$]+)\s*$/.exec(part) ?? []
      return local === undefined ? [] : [{ local, imported: 'default', from, isType }]
    })
    const named = inside.split(',').flatMap((part): ImportedName[] => {
      const [, own, imported, local] = /^\s*(type\s+)?([\w$]+)(?:\s+as\s+([\w$]+))?\s*$/.exec(part) ?? []
      return imported === undefined ? [] : [{ local: local ?? imported, imported, from, isType: isType || own !== undefined }]
    })
    return [...whole, ...named]
  })
}

/** Import statements for these names, one for each module, sorted. */
export function importLines(imports: readonly ImportedName[]): readonly string[] {
  return [...Map.groupBy(imports, ({ from }) => from)]
    .toSorted(([one], [other]) => rank(one) - rank(other) || (one < other ? -1 : 1))
    .flatMap(([from, names]) => linesOf(from, [...new Map(names.map((each) => [each.local, each])).values()]))
}

/** Node's own, packages, files. */
function rank(from: string): number {
  if (from.startsWith('node:') && from !== 'node:test') return 0
  return from.startsWith('.') || from.startsWith('/') ? 2 : 1
}

function linesOf(from: string, names: readonly ImportedName[]): readonly string[] {
  const space = names.flatMap(({ local, imported, isType }) =>
    imported === '*' ? [`import ${isType ? 'type ' : ''}* as ${local} from '${from}'`] : [],
  )
  const plain = names
    .filter(({ imported }) => imported !== '*')
    .toSorted((one, other) => (one.local.toLowerCase() < other.local.toLowerCase() ? -1 : 1))
  const [first, ...others] = plain.filter(({ imported, isType }) => imported === 'default' && !isType)
  const braces = plain
    .filter((each) => each !== first)
    .map(({ local, imported, isType }) => `${isType ? 'type ' : ''}${imported === local ? local : `${imported} as ${local}`}`)
  const clause = [...(first ? [first.local] : []), ...(braces.length > 0 ? [`{ ${braces.join(', ')} }`] : [])].join(', ')
  return [...space, ...(others.length === 0 && clause === '' ? [] : [`import ${clause} from '${from}'`])]
}
