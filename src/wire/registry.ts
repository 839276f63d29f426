/** Which runs are live: one small file per run beside its control socket. */
import { lstat, readdir, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { isRunId } from '../log/ids.ts'
import { checkRun, removeAgentFiles } from './agent-file.ts'
import { privateFolder } from './private-folder.ts'
import { isRunning } from './running.ts'

/** What `<run>.json` says. */
export interface RuntimeRecord {
  readonly pid: number
  readonly server_url: string | null
  readonly program: string | null
  /** ISO 8601. */
  readonly started_at: string
  /** Path of the control socket. */
  readonly socket: string
}

export interface LiveRun extends RuntimeRecord {
  readonly run: string
}

export interface Registration {
  /** Removes the record and the agents' files. Idempotent. The socket belongs to the control server. */
  release(): Promise<void>
}

/** Longest path that a Unix socket can be bound to, bytes. */
const SOCKET_PATH_BYTES_MAX = process.platform === 'darwin' ? 103 : 107
/** A socket without a record may belong to a run that is just starting. */
const STARTING_MS = 10_000

/**
 * Path for a run's control socket: beside its record, or, when that is too long to bind to, in a short folder of this
 * user. The folder exists afterwards. Throws ERR_BAD_NAME, ERR_UNSAFE_FOLDER.
 */
export async function socketPath(
  runtimesFolder: string,
  run: string,
  shortFolder = `/tmp/ramure-${process.getuid?.() ?? 0}`,
): Promise<string> {
  await privateFolder(runtimesFolder)
  const path = join(runtimesFolder, `${checkRun(run)}.sock`)
  if (Buffer.byteLength(path) <= SOCKET_PATH_BYTES_MAX) return path
  // The parent may be open to everybody: a link that somebody planted there is not followed.
  await privateFolder(shortFolder, { followLink: false })
  return join(shortFolder, `${run}.sock`)
}

/** Makes a run known. Called once its control socket answers. Throws ERR_BAD_NAME, ERR_UNSAFE_FOLDER. */
export async function register(runtimesFolder: string, run: string, record: RuntimeRecord): Promise<Registration> {
  const path = join(runtimesFolder, `${checkRun(run)}.json`)
  await privateFolder(runtimesFolder)
  const draft = `${path}.${process.pid}.tmp`
  await rm(draft, { force: true })
  await writeFile(draft, `${JSON.stringify(record)}\n`, { mode: 0o600, flag: 'wx' })
  await rename(draft, path)
  return {
    async release() {
      await rm(path, { force: true })
      await removeAgentFiles(runtimesFolder, run)
    },
  }
}

/** Path of the control socket that a run has made known, or null when it has not: nothing says that somebody listens there. */
export async function recordedSocket(runtimesFolder: string, run: string): Promise<string | null> {
  const record = isRunId(run) ? await readRecord(join(runtimesFolder, `${run}.json`)) : 'missing'
  return typeof record === 'string' ? null : record.socket
}

/**
 * The runs whose control socket takes a connection, oldest first. What dead ones left behind is removed; `stale` names
 * them, for one note to the user.
 */
export async function liveRuns(runtimesFolder: string): Promise<{ live: readonly LiveRun[]; stale: readonly string[] }> {
  const names = await readdir(runtimesFolder).catch(emptyWhenMissing)
  const recorded = names.map((name) => runOf(name, '.json')).filter((run) => run !== null)
  const bare = names
    .map((name) => runOf(name, '.sock'))
    .filter((run) => run !== null && !recorded.includes(run))
    .filter((run) => run !== null)
  const verdicts = await Promise.all([
    ...recorded.map((run) => examine(runtimesFolder, run)),
    ...bare.map((run) => examineBare(runtimesFolder, run)),
  ])
  const live = verdicts.filter((verdict) => verdict.kind === 'live').map((verdict) => verdict.run)
  const stale = verdicts.filter((verdict) => verdict.kind === 'stale').map((verdict) => verdict.run)
  return { live: live.toSorted((a, b) => (a.started_at < b.started_at ? -1 : 1)), stale: stale.toSorted() }
}

type Verdict =
  | { readonly kind: 'live'; readonly run: LiveRun }
  | { readonly kind: 'stale'; readonly run: string }
  /** Not to be spoken to, and not to be removed: it is starting or ending, or has just gone. */
  | { readonly kind: 'unclear' }

async function examine(folder: string, run: string): Promise<Verdict> {
  const record = await readRecord(join(folder, `${run}.json`))
  if (record === 'missing') return { kind: 'unclear' }
  if (record === 'unreadable') return removeStale(folder, run, null)
  if (await answers(record.socket)) return { kind: 'live', run: { run, ...record } }
  return isRunning(record.pid, record.started_at) ? { kind: 'unclear' } : removeStale(folder, run, record.socket)
}

/** A socket whose record is gone: from a crash between the two. */
async function examineBare(folder: string, run: string): Promise<Verdict> {
  const path = join(folder, `${run}.sock`)
  const found = await stat(path).catch(() => null)
  if (!found || Date.now() - found.mtimeMs < STARTING_MS || (await answers(path))) return { kind: 'unclear' }
  return removeStale(folder, run, path)
}

async function removeStale(folder: string, run: string, socket: string | null): Promise<Verdict> {
  for (const path of [join(folder, `${run}.sock`), ...(socket === null ? [] : [socket])]) await unlinkSocket(path)
  await removeAgentFiles(folder, run)
  // Last, so that an interrupted clean-up is taken up again.
  await rm(join(folder, `${run}.json`), { force: true })
  return { kind: 'stale', run }
}

/** A record is only a file: whatever path it names, nothing but a socket is removed. */
async function unlinkSocket(path: string): Promise<void> {
  const found = await lstat(path).catch(() => null)
  if (found?.isSocket()) await unlink(path).catch(() => {})
}

/** True when somebody takes a connection there, or is too busy to. */
export function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    const settle = (does: boolean) => {
      socket.destroy()
      resolve(does)
    }
    socket.once('connect', () => settle(true))
    socket.once('error', (error: NodeJS.ErrnoException) => settle(error.code === 'EAGAIN'))
  })
}

async function readRecord(path: string): Promise<RuntimeRecord | 'missing' | 'unreadable'> {
  const text = await readFile(path, 'utf8').catch(() => null)
  if (text === null) return 'missing'
  try {
    return checkRecord(JSON.parse(text))
  } catch {
    return 'unreadable'
  }
}

function checkRecord(value: unknown): RuntimeRecord | 'unreadable' {
  const { pid, server_url, program, started_at, socket } = value as Record<keyof RuntimeRecord, unknown>
  const isRecord =
    typeof pid === 'number' &&
    Number.isSafeInteger(pid) &&
    pid > 0 &&
    typeof started_at === 'string' &&
    typeof socket === 'string' &&
    isTextOrNull(server_url) &&
    isTextOrNull(program)
  return isRecord ? { pid, server_url, program, started_at, socket } : 'unreadable'
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string'
}

function runOf(name: string, ending: string): string | null {
  const run = name.slice(0, -ending.length)
  return name.endsWith(ending) && isRunId(run) ? run : null
}

function emptyWhenMissing(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return []
  throw error
}
