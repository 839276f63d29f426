/** The file that tells an agent where to connect, and proves who it is. */
import { randomBytes } from 'node:crypto'
import { open, rm, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { RamureError } from '../log/error.ts'
import { checkName, isRunId } from '../log/ids.ts'
import { privateFolder } from './private-folder.ts'

export interface AgentFile {
  /** What `/agents/<agent>/ws` is appended to. */
  readonly server_url: string
  /** The run. */
  readonly execution_id: string
  readonly agent: string
  readonly token: string
}

/** A secret of 256 bits that fits into a header, a subprotocol and a file: 43 characters of base64url. */
export function newToken(): string {
  return randomBytes(32).toString('base64url')
}

/** Where the file of an agent is: `<runtimes>/<run>.agents/<agent>.json`. Throws ERR_BAD_NAME. */
export function agentFilePath(runtimesFolder: string, run: string, agent: string): string {
  return join(agentsFolder(runtimesFolder, run), `${checkName('agent', agent)}.json`)
}

/**
 * Writes the file, 0600 in a 0700 folder, and returns its path. What an earlier start left there is replaced, never
 * written through. Throws ERR_BAD_NAME, ERR_UNSAFE_FOLDER.
 */
export async function writeAgentFile(runtimesFolder: string, file: AgentFile): Promise<string> {
  const path = agentFilePath(runtimesFolder, file.execution_id, file.agent)
  await privateFolder(runtimesFolder)
  await privateFolder(dirname(path), { followLink: false })
  await unlink(path).catch(unlessMissing)
  // Exclusive creation does not follow a link: one that was planted meanwhile makes this fail.
  const handle = await open(path, 'wx', 0o600)
  try {
    await handle.writeFile(`${JSON.stringify(file)}\n`)
  } finally {
    await handle.close()
  }
  return path
}

/** Removes the file. Idempotent: the agent may have been first. Its folder stays: another agent may be about to get one. */
export async function removeAgentFile(path: string): Promise<void> {
  await unlink(path).catch(unlessMissing)
}

/** Removes the files of all agents of a run, and their folder. */
export async function removeAgentFiles(runtimesFolder: string, run: string): Promise<void> {
  await rm(agentsFolder(runtimesFolder, run), { recursive: true, force: true })
}

function agentsFolder(runtimesFolder: string, run: string): string {
  return join(runtimesFolder, `${checkRun(run)}.agents`)
}

/** Run ids become paths. Throws ERR_BAD_NAME. */
export function checkRun(run: string): string {
  if (isRunId(run)) return run
  throw new RamureError('ERR_BAD_NAME', `${JSON.stringify(String(run).slice(0, 80))} is not a run id.`, {
    hint: 'Run ids look like brisk-otter-4q7m2xk9; `ramure ls --all` lists them.',
  })
}

function unlessMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}
