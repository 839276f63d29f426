/** The lines around a place in a source file. */
import { readFileSync } from 'node:fs'
import type { Site } from '../replay/verdict.ts'

export interface FrameLine {
  readonly number: number
  readonly text: string
  readonly isHere: boolean
}

/** Three lines, the named one in the middle; null when the file cannot be read or is shorter. */
export function codeFrame({ file, line }: Site): readonly FrameLine[] | null {
  const lines = linesOf(file)
  if (!lines || lines[line - 1] === undefined) return null
  const numbers = [line - 1, line, line + 1].filter((number) => lines[number - 1] !== undefined)
  return numbers.map((number) => ({ number, text: lines[number - 1] ?? '', isHere: number === line }))
}

function linesOf(file: string): readonly string[] | null {
  try {
    return readFileSync(file, 'utf8').split('\n')
  } catch {
    return null
  }
}
