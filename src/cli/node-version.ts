/** The Node that ramure needs: what it builds on fails under an older one with errors that say nothing. */
import { RamureError } from '../log/error.ts'

export const NODE_MIN = [22, 19] as const

/** Whether `version`, such as `24.1.0`, is new enough. */
export function nodeIsEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])
}

/** Throws ERR_NODE_TOO_OLD. */
export function checkNode(version: string): void {
  if (nodeIsEnough(version)) return
  throw new RamureError('ERR_NODE_TOO_OLD', `Node ${version} is too old for ramure, which needs ${NODE_MIN.join('.')} or newer.`, {
    hint: 'install Node 22 or 24  https://nodejs.org         in a checkout of ramure  npx ramure …  uses its own',
  })
}
