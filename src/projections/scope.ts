/** Scope paths as readers see them: which process a handler, a branch or an agent belongs to. */
import { msOf } from './moment.ts'

/** The nearest of `scope` and the paths above it that `isProcess` knows, or null. */
export function processOf(scope: string, isProcess: (path: string) => boolean): string | null {
  let path = scope
  while (path !== '') {
    if (isProcess(path)) return path
    path = parentPath(path)
  }
  return null
}

/** The path one segment up; empty at the top. Segments hold no slash: names that enter a path are checked for it. */
export function parentPath(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash <= 0 ? '' : path.slice(0, slash)
}

/** Milliseconds between two times of one log; never negative, because times in a log never go backwards. */
export function elapsedMs(from: string, to: string): number {
  return Math.max(0, msOf(to) - msOf(from))
}
