/**
 * A tmux server of its own per run, so that people can watch and join its agents and nothing of theirs is touched.
 *
 * T1 Every command is an argv array with a deadline; sessions are addressed exactly (`=name`), never by prefix.
 * T2 Nothing secret is in an argv or in the server's environment: panes get theirs by themselves.
 * T3 The server ends with `close`, and by itself some time after the process that started it has died.
 */
import { rm } from 'node:fs/promises'
import { execa } from 'execa'
import { RamureError } from '../log/error.ts'

export interface TmuxServer {
  /** What `tmux -L` takes: `ramure-<run>`. */
  readonly socketName: string
  /** Starts the server when it is not running. Throws ERR_TMUX_NOT_FOUND, ERR_TMUX. */
  start(): Promise<void>
  /** Runs `argv` in a new session, without a shell, in the existing folder `cwd`; resolves with its pid. */
  newSession(session: string, cwd: string, argv: readonly string[]): Promise<number>
  /** Null when there is no such session. `code` and `signal` of a dead pane may become known a little later. */
  status(session: string): Promise<PaneStatus | null>
  /** What the pane shows, with its history, as plain text; empty when there is no such session. */
  capture(session: string): Promise<string>
  /** Types into the pane. Names of keys such as `Escape` are keys. */
  sendKeys(session: string, ...keys: readonly string[]): Promise<void>
  /** Ends a session; false when there was none. */
  kill(session: string): Promise<boolean>
  /** Ends the server and everything in it. Idempotent. */
  close(): Promise<void>
}

export interface PaneStatus {
  readonly isDead: boolean
  readonly code: number | null
  readonly signal: string | null
}

export interface TmuxOptions {
  /** Where tmux finds its socket folder, the locale and PATH; only such variables reach the server. */
  readonly env: Readonly<Record<string, string>>
  /** How long the server outlives a process that died without `close`; default 30 s. */
  readonly orphanSeconds?: number
}

const [COLUMNS, ROWS, HISTORY_LINES] = ['120', '40', '20000']
const COMMAND_MS = 10_000

/** Does nothing yet. `run` is the run's id. Throws ERR_BAD_NAME for one that tmux would change. */
export function tmuxServer(run: string, options: TmuxOptions): TmuxServer {
  const socketName = `ramure-${plainName(run)}`
  const env = serverEnv(options.env)
  const tmux = (args: readonly string[], cwd?: string): Promise<string> =>
    runTmux(['-u', '-L', socketName, '-f', '/dev/null', ...args], env, cwd)
  const orUnless = async <T>(work: Promise<T>, otherwise: T): Promise<T> => work.catch(() => otherwise)
  let starting: Promise<void> | null = null
  let socketPath: string | null = null

  async function begin(): Promise<void> {
    const keeper = `keeper-${process.pid}`
    const keep = ['sh', '-c', KEEPER, socketName, String(process.pid), String(options.orphanSeconds ?? 30)]
    await tmux(['new-session', '-d', '-s', keeper, '-x', COLUMNS, '-y', ROWS, '--', ...keep, ...SETTINGS]).catch(unlessDuplicate)
    const sessions = (await tmux(['list-sessions', '-F', '#{session_name}'])).split('\n')
    // A run that is resumed takes over from the process that died: its keeper would end the server.
    for (const other of sessions) if (other.startsWith('keeper-') && other !== keeper) await tmux(['kill-session', '-t', `=${other}`])
    socketPath = (await tmux(['display-message', '-p', '#{socket_path}'])).trim()
  }

  return {
    socketName,
    start: () =>
      (starting ??= begin().catch((error: unknown) => {
        starting = null
        throw error
      })),
    async newSession(session, cwd, argv) {
      const size = ['-x', COLUMNS, '-y', ROWS]
      // Whoever looks on must not change what is recorded. Set for all sessions, this ends the server (tmux 3.3a).
      const fix = [';', 'set-option', '-w', '-t', `=${session}:`, 'window-size', 'manual']
      // `-c` would expand `#{…}` in the folder's name; a pane without it starts where its client was started.
      const start = ['new-session', '-d', '-P', '-F', '#{pane_pid}', '-s', plainName(session), ...size]
      const pid = await tmux([...start, '--', ...argv.map(literal), ...fix], cwd)
      return Number(pid)
    },
    async status(session) {
      const format = '#{pane_dead}|#{pane_dead_status}|#{pane_dead_signal}|#{pane_pid}'
      const fields = (await orUnless(tmux(['display-message', '-p', '-t', `=${session}:`, format]), '')).trim().split('|')
      const [dead, code, signal, pid] = fields
      if (!pid) return null
      return { isDead: dead === '1', code: code ? Number(code) : null, signal: signal || null }
    },
    capture: (session) => orUnless(tmux(['capture-pane', '-p', '-S', '-', '-t', `=${session}:`]), ''),
    async sendKeys(session, ...keys) {
      await tmux(['send-keys', '-t', `=${session}:`, '--', ...keys.map(literal)])
    },
    kill: (session) =>
      orUnless(
        tmux(['kill-session', '-t', `=${session}`]).then(() => true),
        false,
      ),
    async close() {
      await orUnless(starting ?? Promise.resolve(), undefined)
      starting = null
      await orUnless(tmux(['kill-server']), '')
      if (socketPath) await rm(socketPath, { force: true })
    },
  }
}

/** Ends the server when the process that owns the run is gone and nobody has taken over within the grace. */
const KEEPER = 'while kill -0 "$1" 2>/dev/null; do sleep 2; done; sleep "$2"; trap "" HUP; tmux -L "$0" kill-server; rm -f "${TMUX%%,*}"'

/** A dead pane stays to be read. */
const SETTINGS = [
  [';', 'set-option', '-g', 'remain-on-exit', 'on'],
  [';', 'set-option', '-g', 'history-limit', HISTORY_LINES],
  [';', 'set-option', '-s', 'extended-keys', 'on'],
].flat()

/** Another driver of this process has begun already. */
function unlessDuplicate(error: unknown): void {
  if (!String(error).includes('duplicate session')) throw error
}

/** tmux takes a last `;` for the end of the command, in whatever argument it stands. */
function literal(argument: string): string {
  return argument.endsWith(';') ? `${argument.slice(0, -1)}\\;` : argument
}

/** tmux would silently turn other characters into `_`, and two names into one. */
function plainName(name: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9_-]{0,199}$/.test(name)) return name
  throw new RamureError('ERR_BAD_NAME', `${JSON.stringify(name)} cannot name a tmux session.`, {
    hint: 'Use letters, digits, "_" and "-".',
  })
}

function serverEnv(env: Readonly<Record<string, string>>): Record<string, string> {
  const names = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'TMPDIR', 'TMUX_TMPDIR', 'TERMINFO', 'TZ']
  const isKept = (name: string): boolean => names.includes(name) || name.startsWith('LC_')
  return Object.fromEntries(Object.entries(env).filter(([name]) => isKept(name)))
}

async function runTmux(args: readonly string[], env: Record<string, string>, cwd?: string): Promise<string> {
  const place = { env, extendEnv: false, ...(cwd === undefined ? {} : { cwd }) }
  const result = await execa('tmux', args, { ...place, stdin: 'ignore', reject: false, timeout: COMMAND_MS, killSignal: 'SIGKILL' })
  if (!result.failed) return result.stdout
  if (result.code === 'ENOENT' && result.exitCode === undefined) throw notFound(result.cause)
  const said = result.stderr.trim() || result.originalMessage || `exit code ${String(result.exitCode)}`
  throw new RamureError('ERR_TMUX', `tmux ${args[5] ?? ''} failed: ${said}`, { cause: result.cause })
}

function notFound(cause: unknown): RamureError {
  return new RamureError('ERR_TMUX_NOT_FOUND', 'tmux could not be started: agents run in it, and it is not on PATH.', {
    cause,
    hint: 'Install it: `apt-get install tmux`, `dnf install tmux`, `apk add tmux`, `pacman -S tmux` or `brew install tmux`.',
  })
}
