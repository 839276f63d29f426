/** Which names a piece of JavaScript or TypeScript takes from around it. */
import { type Token, tokensOf } from './tokens.ts'

/**
 * Names that `source` uses and does not bind itself, in order; globals of Node are not among them. A name that is bound
 * anywhere in it counts as bound everywhere.
 */
export function freeNames(source: string): readonly string[] {
  const tokens = tokensOf(source)
  const bound = boundNames(tokens)
  const used = tokens.flatMap((token, at) => (token.kind === 'name' && isUse(tokens, at) ? [token.text] : []))
  return [...new Set(used)].filter((name) => !bound.has(name) && !KEYWORDS.has(name) && !(name in globalThis))
}

/** Names that a statement at the top of a module declares. */
export function declaredNames(statement: string): readonly string[] {
  const tokens = tokensOf(statement)
  const at = tokens.findIndex(({ text }) => !MODIFIERS.has(text))
  const kind = tokens[at]?.text ?? ''
  if (kind === 'const' || kind === 'let' || kind === 'var') return patternNames(declared(tokens, at + 1))
  if (!DECLARES.has(kind)) return []
  const name = tokens.slice(at + 1).find(({ text }) => text !== '*')
  return name ? [name.text] : []
}

const MODIFIERS: ReadonlySet<string> = new Set(['export', 'default', 'declare', 'abstract', 'async'])
const DECLARES: ReadonlySet<string> = new Set(['function', 'class', 'type', 'interface', 'enum'])

const KEYWORDS: ReadonlySet<string> = new Set(
  `arguments as async await break case catch class const continue debugger default delete do else enum export extends false
  finally for from function get if import in infer instanceof interface is keyof let new null of readonly return satisfies set
  static super switch this throw true try type typeof undefined unique using var void while with yield`.split(/\s+/),
)

/** Neither a field after a dot nor the key of an object. */
function isUse(tokens: readonly Token[], at: number): boolean {
  const before = tokens[at - 1]?.text ?? ''
  const after = tokens[at + 1]?.text ?? ''
  if (before === '.' || before === '?.') return false
  return !(after === ':' && (before === '{' || before === ','))
}

function boundNames(tokens: readonly Token[]): ReadonlySet<string> {
  const bound = new Set<string>()
  const add = (part: readonly Token[]) => {
    for (const name of patternNames(part)) bound.add(name)
  }
  tokens.forEach(({ text }, at) => {
    if (text === 'const' || text === 'let' || text === 'var') add(declared(tokens, at + 1))
    else if (text === '=>') add(parametersBefore(tokens, at))
    else if (text === 'function' || text === 'class') add(tokens.slice(at + 1, at + (tokens[at + 1]?.text === '*' ? 3 : 2)))
    if (text === 'function' || text === 'catch') add(groupAfter(tokens, at + 1))
  })
  return bound
}

/** What is bound between `const` and what it becomes. */
function declared(tokens: readonly Token[], from: number): readonly Token[] {
  let depth = 0
  for (let at = from; at < tokens.length; at += 1) {
    const { text } = tokens[at] as Token
    if (OPEN.has(text)) depth += 1
    else if (CLOSE.has(text)) depth -= 1
    if (depth < 0 || (depth === 0 && (text === '=' || text === ';' || text === ':' || text === 'of' || text === 'in')))
      return tokens.slice(from, at)
  }
  return tokens.slice(from)
}

const OPEN: ReadonlySet<string> = new Set(['(', '[', '{'])
const CLOSE: ReadonlySet<string> = new Set([')', ']', '}'])

/** `x` of `x => …`, everything between the parentheses of `(…) => …`. */
function parametersBefore(tokens: readonly Token[], arrow: number): readonly Token[] {
  const end = parenthesisBefore(tokens, arrow)
  if (end === null) return tokens.slice(Math.max(0, arrow - 1), arrow)
  let depth = 0
  for (let at = end; at >= 0; at -= 1) {
    const { text } = tokens[at] as Token
    if (CLOSE.has(text)) depth += 1
    else if (OPEN.has(text)) depth -= 1
    if (depth === 0) return tokens.slice(at + 1, end)
  }
  return []
}

/** Where the parameters end: right before the arrow, or before the type that stands between; null for `x => …`. */
function parenthesisBefore(tokens: readonly Token[], arrow: number): number | null {
  if (tokens[arrow - 1]?.text === ')') return arrow - 1
  let depth = 0
  for (let at = arrow - 1; at > 0; at -= 1) {
    const { text } = tokens[at] as Token
    if (CLOSE.has(text) || text === '>') depth += 1
    else if (OPEN.has(text) || text === '<') depth -= 1
    if (depth < 0 || (depth === 0 && STOPS.has(text))) return null
    if (depth === 0 && text === ':' && tokens[at - 1]?.text === ')') return at - 1
  }
  return null
}

const STOPS: ReadonlySet<string> = new Set([',', ';', '=', '=>', '('])

/** Everything between the next parentheses, when they come before a brace. */
function groupAfter(tokens: readonly Token[], from: number): readonly Token[] {
  const start = tokens.findIndex(({ text }, at) => at >= from && (text === '(' || text === '{'))
  if (start === -1 || tokens[start]?.text !== '(') return []
  let depth = 0
  for (let at = start; at < tokens.length; at += 1) {
    const { text } = tokens[at] as Token
    if (OPEN.has(text)) depth += 1
    else if (CLOSE.has(text)) depth -= 1
    if (depth === 0) return tokens.slice(start + 1, at)
  }
  return tokens.slice(start + 1)
}

/** Names that a list of patterns binds: what stands before a type or a default, and what is inside of braces and brackets. */
function patternNames(patterns: readonly Token[]): readonly string[] {
  return commaParts(patterns).flatMap((part) => {
    const [first] = part[0]?.text === '...' ? part.slice(1) : part
    if (!first) return []
    if (first.text === '{') return commaParts(inside(part)).flatMap(fieldNames)
    if (first.text === '[') return patternNames(inside(part))
    const names = part.filter(({ kind, text }) => kind === 'name' && !KEYWORDS.has(text))
    return names.slice(0, 1).map(({ text }) => text)
  })
}

/** `a`, `a = 1`, `a: pattern`, `...a` of an object's pattern. */
function fieldNames(field: readonly Token[]): readonly string[] {
  return patternNames(field[1]?.text === ':' ? field.slice(2) : field)
}

/** What stands between the first bracket and the one that closes it. */
function inside(part: readonly Token[]): readonly Token[] {
  const from = part.findIndex(({ text }) => OPEN.has(text))
  let depth = 0
  const to = part.findIndex(({ text }, at) => {
    if (at < from) return false
    depth += OPEN.has(text) ? 1 : CLOSE.has(text) ? -1 : 0
    return depth === 0
  })
  return part.slice(from + 1, to)
}

/** A list at its outer commas. */
function commaParts(tokens: readonly Token[]): readonly (readonly Token[])[] {
  const parts: Token[][] = [[]]
  let depth = 0
  for (const token of tokens) {
    depth += OPEN.has(token.text) || token.text === '<' ? 1 : CLOSE.has(token.text) || token.text === '>' ? -1 : 0
    if (token.text === ',' && depth === 0) parts.push([])
    else parts.at(-1)?.push(token)
  }
  return parts
}
