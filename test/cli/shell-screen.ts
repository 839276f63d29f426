/** A real shell in a real terminal, with `ramure` on its PATH: keys go in, the screen comes out. */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, vi } from 'vitest'
import type { Entry } from '../../src/log/events.ts'
import { reviewLog } from '../projections/review-log.ts'
import { type Home, makeHome, record } from './home.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
export const DONE = 'brisk-otter-4q7m2xk9'
export const OTHER = 'brave-finch-0k2m4n6p'

// Shells, and a Node for each Tab, start slowly when others want the processor too.
vi.setConfig({ testTimeout: 120_000 })
const PATIENCE = { timeout: 30_000, interval: 50 }

export interface Screen {
  /** What is on it, without lines that are empty. */
  text(): string
  type(text: string): void
  /** A key by tmux's name: `Tab`, `Enter`, `C-u`. */
  press(...keys: readonly string[]): void
  /** Resolves when `pattern` is on the screen. */
  shows(pattern: RegExp): Promise<void>
  resize(columns: number, rows: number): void
  /** Clears what was written and the screen. */
  clear(): Promise<void>
}

/** Two runs; the newest, which is offered first, is not the first by name. */
export async function homeWithRuns(): Promise<Home> {
  const home = makeHome()
  const exposed = {
    ...(reviewLog(2)[1] as Entry),
    seq: 3,
    type: 'endpoint_exposed',
    data: { endpoint: 'add_task', definition: { name: 'add_task', description: 'Adds a task.', parameters: {} } },
  } as Entry
  await record(home, OTHER, [...reviewLog(2), exposed])
  await record(home, DONE, reviewLog())
  return withBinary(home)
}

/** The same home with `ramure` in its `bin`, as it is in the source. */
export function withBinary(home: Home): Home {
  const bin = join(home.root, 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, 'ramure'), `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`)
  chmodSync(join(bin, 'ramure'), 0o755)
  return home
}

/** @param command the shell and its arguments. `%% ` must be its prompt. */
export async function shellScreen({ root }: Home, command: readonly string[], env: Readonly<Record<string, string>>): Promise<Screen> {
  const server = `ramure-shell-${randomBytes(6).toString('hex')}`
  const world = { PATH: `${join(root, 'bin')}${delimiter}${process.env['PATH']}`, HOME: root, RAMURE_HOME: root, LANG: 'C.UTF-8', ...env }
  const tmux = (...args: readonly string[]): string =>
    execFileSync('tmux', ['-L', server, '-f', '/dev/null', ...args], { encoding: 'utf8', env: { ...world, TMUX_TMPDIR: root } })
  const assignments = Object.entries(world).map(([name, value]) => `${name}=${value}`)
  tmux('new-session', '-d', '-x', '100', '-y', '40', '-s', 's', '-c', root, 'env', '-i', 'TERM=screen', ...assignments, ...command)
  onTestFinished(async () => {
    const pid = Number(tmux('list-panes', '-F', '#{pane_pid}'))
    tmux('kill-server')
    // What it writes when it leaves must not come after its home was removed.
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), PATIENCE)
  })
  const text = (): string =>
    tmux('capture-pane', '-p', '-t', 's')
      .split('\n')
      .filter((line) => line.trim() !== '')
      .join('\n')
  const press = (...keys: readonly string[]) => void tmux('send-keys', '-t', 's', ...keys)
  const shows = (pattern: RegExp) => vi.waitFor(() => expect(text()).toMatch(pattern), PATIENCE)
  await shows(/^%% *$/m)
  return {
    text,
    press,
    type: (words) => void tmux('send-keys', '-t', 's', '-l', words),
    shows,
    resize: (columns, rows) => void tmux('resize-window', '-t', 's', '-x', String(columns), '-y', String(rows)),
    async clear() {
      // Both wait in line while something is completed; C-c would not.
      press('C-u', 'C-l')
      await vi.waitFor(() => expect(text().trim()).toBe('%%'), PATIENCE)
    },
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
