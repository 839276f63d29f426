/** JavaScript as tokens: no more than is needed to tell names from texts, comments and fields. */

export interface Token {
  readonly kind: 'name' | 'mark' | 'value'
  readonly text: string
}

/** After these a `/` begins a regular expression. */
const BEFORE_VALUE = /^(?:[([{,;:=!&|?+\-*%^~<>]|=>|\.\.\.|return|typeof|case|in|of|await|void|delete|instanceof|new)$/
const NAME = /[\p{ID_Start}$_][\p{ID_Continue}$]*/uy
const SPACE = /(?:\s+|\/\/[^\n]*|\/\*[^]*?\*\/)+/y
const TEXT = /'(?:[^'\\\n]|\\[^])*'|"(?:[^"\\\n]|\\[^])*"/y
const NUMBER = /\d[\w.]*/y
const REGEX = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y
const MARK = /=>|\?\.(?!\d)|\.\.\.|[^]/y

/** Tokens of `source`, comments left out. What stands in `${…}` of a template is among them. */
export function tokensOf(source: string): readonly Token[] {
  const tokens: Token[] = []
  for (let at = 0; at < source.length; ) {
    const take = (pattern: RegExp): string | null => {
      pattern.lastIndex = at
      const [text] = pattern.exec(source) ?? []
      at += text?.length ?? 0
      return text ?? null
    }
    if (take(SPACE) !== null) continue
    if (source[at] === '`') {
      const end = templateEnd(source, at)
      tokens.push({ kind: 'value', text: '``' }, ...insideOf(source.slice(at + 1, end)))
      at = end + 1
      continue
    }
    const name = take(NAME)
    if (name !== null) {
      tokens.push({ kind: 'name', text: name })
      continue
    }
    const last = tokens.at(-1)?.text ?? '('
    const value = take(TEXT) ?? take(NUMBER) ?? (BEFORE_VALUE.test(last) ? take(REGEX) : null)
    tokens.push(value === null ? { kind: 'mark', text: take(MARK) ?? '' } : { kind: 'value', text: value })
  }
  return tokens
}

/** Index of the backtick that ends the template which begins at `start`. */
function templateEnd(source: string, start: number): number {
  let at = start + 1
  for (; at < source.length && source[at] !== '`'; at += 1) {
    if (source[at] === '\\') at += 1
    else if (source.startsWith('${', at)) at = holeEnd(source, at + 2)
  }
  return at
}

/** Index of the brace that ends the hole whose content begins at `start`. */
function holeEnd(source: string, start: number): number {
  let depth = 0
  for (let at = start; at < source.length; at += 1) {
    const mark = source[at]
    if (mark === '`') at = templateEnd(source, at)
    else if (mark === '{') depth += 1
    else if (mark === '}') {
      if (depth === 0) return at
      depth -= 1
    }
  }
  return source.length
}

/** Tokens of the holes of a template. */
function insideOf(template: string): readonly Token[] {
  const tokens: Token[] = []
  for (let at = 0; at < template.length; at += 1) {
    if (template[at] === '\\') at += 1
    else if (template.startsWith('${', at)) {
      const end = holeEnd(template, at + 2)
      tokens.push({ kind: 'mark', text: '(' }, ...tokensOf(template.slice(at + 2, end)), { kind: 'mark', text: ')' })
      at = end
    }
  }
  return tokens
}
