/** The name under which a module with this source exports the process of that name; null when it is not to be seen in it. */
export function exportedName(source: string, process: string): string | null {
  const name = process.replaceAll(/[$]/g, '\\$&')
  const made = String.raw`agentProcess\s*(?:<[^(]*>)?\s*\(\s*['"\`]${name}['"\`]`
  const [, exported] = new RegExp(String.raw`^export const ([\w$]+)[^=\n]*=\s*${made}`, 'm').exec(source) ?? []
  if (exported !== undefined) return exported
  if (new RegExp(`^export default ${made}`, 'm').test(source)) return 'default'
  const [, local] = new RegExp(String.raw`^const ([\w$]+)[^=\n]*=\s*${made}`, 'm').exec(source) ?? []
  if (local === undefined) return null
  const [, list = ''] = new RegExp(String.raw`^export \{([^}]*\b${local}\b[^}]*)\}`, 'm').exec(source) ?? []
  const [, as] = new RegExp(String.raw`\b${local}\b(?:\s+as\s+([\w$]+))?`).exec(list) ?? []
  if (list !== '') return as ?? local
  return new RegExp(String.raw`^export default ${local}\b`, 'm').test(source) ? 'default' : null
}
