/** Programs that take over the terminal until they end. */
import { spawn } from 'node:child_process'
import { RamureError } from '../log/error.ts'

/** Runs `command` in this terminal; resolves with its exit code. Rejects with ERR_COMMAND_NOT_FOUND. */
export function takeOver(
  command: readonly [string, ...string[]],
  options: { readonly env: NodeJS.ProcessEnv; readonly cwd?: string },
): Promise<number> {
  const [file, ...args] = command
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: 'inherit', ...options })
    child.once('error', (cause) =>
      reject(
        new RamureError('ERR_COMMAND_NOT_FOUND', `${file} could not be started: ${cause.message}`, {
          hint: 'what is missing  ramure doctor',
          cause,
        }),
      ),
    )
    child.once('exit', (code, signal) => resolve(code ?? (signal === null ? 1 : 128)))
  })
}
