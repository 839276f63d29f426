/** What may be wrong around ramure on this machine. Each check looks, says what it found, and knows a fix or none. */
import { execFile } from 'node:child_process'
import { readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Cli } from './cli.ts'
import { bad, type Check, type Finding, ok } from './doctor-finding.ts'
import { homeFolder } from './doctor-home.ts'
import { diskRoom, logSizes, vanishedRuns } from './doctor-runs.ts'
import { plural } from './figures.ts'
import { NODE_MIN, nodeIsEnough } from './node-version.ts'

export const checks: readonly Check[] = [
  { name: 'node', look: node },
  { name: 'tmux', look: tmux },
  { name: 'pi', look: pi },
  { name: 'home', look: homeFolder },
  { name: 'sockets', look: staleSockets },
  { name: 'runs', look: vanishedRuns },
  { name: 'agents', look: tmuxServers },
  { name: 'agents', look: strayProcesses },
  { name: 'logs', look: logSizes },
  { name: 'disk', look: diskRoom },
]

const PI_PACKAGE = '@earendil-works/pi-coding-agent'
const run = promisify(execFile)

async function node(): Promise<Finding[]> {
  return [
    nodeIsEnough(process.versions.node)
      ? ok('node', `Node ${process.versions.node}`)
      : bad('fail', 'node', `Node ${process.versions.node} is older than ${NODE_MIN.join('.')}`, 'install Node 22 or 24'),
  ]
}

async function tmux(cli: Cli): Promise<Finding[]> {
  const version = await firstLine(cli, 'tmux', ['-V'])
  return [
    version === null
      ? bad('warn', 'tmux', 'tmux was not found: agents of the driver "pi" cannot start', 'apt install tmux, or brew install tmux')
      : ok('tmux', version),
  ]
}

async function pi(cli: Cli): Promise<Finding[]> {
  const { findPi } = await import('../machines/pi-find.ts')
  const path = await findPi(cli.env).catch(() => null)
  const version = path === null ? null : await firstLine(cli, path, ['--version'])
  if (version !== null) return [ok('pi', `pi ${version} at ${path}`)]
  const named = cli.env['RAMURE_PI']
  const message = path !== null ? `${path} does not answer` : named ? `RAMURE_PI names ${named}, which cannot be read` : 'pi was not found'
  return [bad('warn', 'pi', `${message}: only scripted and external agents can run`, `npm install -g ${PI_PACKAGE}, or set RAMURE_PI`)]
}

/** Looking for live runs removes what dead ones left: that is what everybody who meets it does. */
async function staleSockets(cli: Cli): Promise<Finding[]> {
  const { liveRuns } = await import('../wire/registry.ts')
  const { live, stale } = await liveRuns(cli.folders.runtimes)
  const removed = stale.length === 0 ? '' : `, cleaned up after ${stale.join(', ')}`
  return [ok('sockets', `${plural(live.length, 'live run')}${removed}`)]
}

/**
 * tmux servers that outlived their run. Only those of runs whose log is here and has no writer are ended: another home
 * folder may own the others.
 */
async function tmuxServers(cli: Cli): Promise<Finding[]> {
  const folder = join(cli.env['TMUX_TMPDIR'] || tmpdir(), `tmux-${process.getuid?.() ?? 0}`)
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.startsWith('ramure-'))
  const known = new Set((await cli.store.list()).map((ref) => ref.run))
  const findings: Finding[] = []
  for (const name of names) {
    const run = name.slice('ramure-'.length)
    if (!known.has(run) || cli.store.writerAlive(run) !== false) continue
    const sessions = await sessionsOf(cli, name)
    const repair = () => endServer(cli, name, join(folder, name))
    if (sessions === null)
      findings.push({ ...bad('warn', 'tmux', `a dead tmux socket of ${run} is left`, `rm ${join(folder, name)}`), repair })
    else
      findings.push({
        ...bad('warn', 'tmux', `${plural(sessions, 'tmux session')} of ${run} outlived it`, `tmux -L ${name} kill-server`),
        repair,
      })
  }
  return findings.length > 0 ? findings : [ok('agents', 'no tmux session outlived its run')]
}

/** What left its terminal, as `setsid` does, outlives even the tmux server: it is known by the run it was started for. */
async function strayProcesses(cli: Cli): Promise<Finding[]> {
  const { processesBy, sweep } = await import('../machines/sweep.ts')
  const known = new Set((await cli.store.list()).map((ref) => ref.run))
  return [...(await processesBy(RUN_VARIABLE))].flatMap(([run, pids]) => {
    if (!known.has(run) || cli.store.writerAlive(run) !== false) return []
    const repair = async () => `ended ${plural(await sweep([`${RUN_VARIABLE}=${run}`], 2000), 'process', 'processes')}`
    return [
      {
        ...bad(
          'warn',
          'agents',
          `${plural(pids.length, 'process', 'processes')} of ${run} outlived it: ${pids.join(', ')}`,
          `kill ${pids.join(' ')}`,
        ),
        repair,
      },
    ]
  })
}

const RUN_VARIABLE = 'RAMURE_EXECUTION_ID'

async function sessionsOf(cli: Cli, server: string): Promise<number | null> {
  const { stdout } = await run('tmux', ['-L', server, 'list-sessions', '-F', '#{session_name}'], { env: cli.env, timeout: 5000 }).catch(
    () => ({ stdout: null }),
  )
  return stdout === null ? null : stdout.split('\n').filter((line) => line !== '').length
}

/** Agents whose terminal was closed have so long to say goodbye to what they started. */
const GOODBYE_MS = 2000

async function endServer(cli: Cli, server: string, socket: string): Promise<string> {
  const tmux = (...args: string[]) => run('tmux', ['-L', server, ...args], { env: cli.env, timeout: 5000 }).catch(() => ({ stdout: '' }))
  const { stdout } = await tmux('list-panes', '-a', '-F', '#{pane_pid}')
  await tmux('kill-server')
  await rm(socket, { force: true })
  const panes = new Set(stdout.split('\n').map(Number))
  const until = performance.now() + GOODBYE_MS
  while (performance.now() < until && (await agentPids()).some((pid) => panes.has(pid))) await delay(20)
  return `ended the tmux server ${server}`
}

async function agentPids(): Promise<readonly number[]> {
  const { processesBy } = await import('../machines/sweep.ts')
  return [...(await processesBy(RUN_VARIABLE)).values()].flat()
}

/** The first line a program prints about itself, or null when it cannot be run. */
async function firstLine(cli: Cli, file: string, args: readonly string[]): Promise<string | null> {
  const isScript = /\.[cm]?js$/.test(file)
  const [command, argv] = isScript ? [process.execPath, [file, ...args]] : [file, [...args]]
  const answer = await run(command, argv, { env: cli.env, timeout: 10_000 }).catch(() => null)
  return answer === null ? null : ((answer.stdout || answer.stderr).trim().split('\n')[0] ?? '')
}
