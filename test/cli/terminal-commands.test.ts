/** connect, ssh and doctor: commands that look at, or take over, what is around a run. */
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Entry } from '../../src/log/events.ts'
import { reviewLog } from '../projections/review-log.ts'
import { type Home, makeHome, ramure, record } from './home.ts'

const RUN = 'brisk-otter-4q7m2xk9'

async function vanished(home: Home, until = 28, run = RUN): Promise<void> {
  await record(home, run, reviewLog(until))
}

describe('ramure connect', () => {
  it('attaches to exactly the session of the agent, on the server of its run', async () => {
    const home = makeHome()
    await vanished(home)
    const { data } = JSON.parse((await ramure(home, ['connect', 'builder', '--json'])).stdout)
    expect(data.command).toEqual(['tmux', '-L', `ramure-${RUN}`, 'attach-session', '-t', '=ramure-r-builder'])
    expect(JSON.parse((await ramure(home, ['connect', 'builder', '-r', '--json'])).stdout).data.command).toContain('-r')
  })

  it('says why there is nothing to attach to', async () => {
    const home = makeHome()
    await vanished(home)
    expect(await ramure(home, ['connect', 'tester'])).toMatchObject({
      exit: 3,
      stderr: expect.stringContaining('tester has no terminal: it is driven by "scripted".   ERR_AGENT_NOT_ATTACHABLE'),
    })
    expect(await ramure(home, ['connect'])).toMatchObject({ exit: 3, stderr: expect.stringContaining('Which agent of') })
    expect(await ramure(home, ['connect', 'bulider'])).toMatchObject({ exit: 3, stderr: expect.stringContaining('did you mean  builder') })
    const over = makeHome()
    await record(over, RUN, reviewLog())
    expect(await ramure(over, ['connect', 'builder'])).toMatchObject({
      exit: 3,
      stderr: expect.stringMatching(
        /builder has ended \(shutdown, exit 0 at 2026-11-21T09:40:18.*Z\), there is nothing to attach to\. {3}ERR_AGENT_ENDED/,
      ),
    })
  })
})

describe('an agent of a run that is gone', () => {
  it('has no terminal any more when its tmux session is gone as well', async () => {
    const home = makeHome()
    await vanished(home)
    const said = await ramure(home, ['connect', 'builder'], { env: { TMUX_TMPDIR: home.root } })
    expect(said).toMatchObject({
      exit: 3,
      stdout: '',
      stderr: expect.stringContaining(
        'The terminal of builder is gone, and so is its run: there is nothing to attach to.   ERR_AGENT_ENDED',
      ),
    })
    expect(JSON.parse((await ramure(home, ['connect', 'builder', '--json'], { env: { TMUX_TMPDIR: home.root } })).stdout).data.there).toBe(
      false,
    )
  })

  it.for(['connect', 'ssh'])('is offered by %s as lost, with what was last heard of it', async (command) => {
    const home = makeHome()
    await vanished(home)
    const { stderr } = await ramure(home, [command])
    expect(stderr).toMatch(/\n {2}builder {3}\S+, lost, was (working|idle|ready)/)
    expect(stderr).not.toMatch(/, (idle|working)\n/)
  })

  it('worked where ssh leads: it is not said to work there', async () => {
    const home = makeHome()
    const log = reviewLog(28).map((entry) =>
      entry.type === 'machine_created' ? { ...entry, data: { ...entry.data, workdir: home.root } } : entry,
    ) as Entry[]
    await record(home, RUN, log)
    expect((await ramure(home, ['ssh', 'builder', '--', 'true'])).stderr).toContain(`builder is lost; it worked in ${home.root}\n`)
  })
})

describe('ramure ssh', () => {
  it('says of a run that is over that nobody is there any more, whoever is asked for', async () => {
    const home = makeHome()
    await record(home, RUN, reviewLog())
    for (const command of ['connect', 'ssh']) {
      expect(await ramure(home, [command])).toMatchObject({
        exit: 3,
        stderr: expect.stringMatching(
          /No agent of .* is there any more: builder, reviewer, tester have ended\..*ERR_AGENT_ENDED · exit 3\n.*ramure why /,
        ),
      })
    }
  })

  it('runs a command where the agent works', async () => {
    const home = makeHome()
    const workdir = mkdtempSync(join(tmpdir(), 'ramure-work-'))
    onTestFinished(() => rmSync(workdir, { recursive: true, force: true }))
    const log = reviewLog(28).map((entry) =>
      entry.type === 'machine_created' ? { ...entry, data: { ...entry.data, workdir } } : entry,
    ) as Entry[]
    await record(home, RUN, log)
    const said = await ramure(home, ['ssh', 'builder', '--', 'bash', '-c', 'echo "$RAMURE_RUN" > here; exit 7'])
    expect([said.exit, said.stderr.endsWith(`builder is lost; it worked in ${workdir}\n`)]).toEqual([7, true])
    expect(execFileSync('cat', [join(workdir, 'here')], { encoding: 'utf8' })).toBe(`${RUN}\n`)
    expect(JSON.parse((await ramure(home, ['ssh', 'builder', '--json'], { env: { SHELL: '/bin/zsh' } })).stdout).data).toMatchObject({
      workdir,
      command: ['/bin/zsh'],
    })
  })

  it('does not pretend to reach a machine it cannot enter', async () => {
    const home = makeHome()
    const log = reviewLog(28).map((entry) =>
      entry.type === 'machine_created' ? { ...entry, data: { machine: 'local', kind: 'Container' } } : entry,
    ) as Entry[]
    await record(home, RUN, log)
    expect(await ramure(home, ['ssh', 'builder'])).toMatchObject({
      exit: 3,
      stderr: expect.stringContaining('it is a Container.   ERR_MACHINE_NOT_FOUND'),
    })
  })
})

describe('ramure doctor', () => {
  /** tmux servers of this test only. */
  function tmuxFolder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'rt-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    return folder
  }

  const doctor = async (home: Home, env: NodeJS.ProcessEnv, ...args: string[]) => {
    const said = await ramure(home, ['doctor', '--json', ...args], { env: { RAMURE_PI: '/nowhere/pi', ...env } })
    const findings: { check: string; verdict: string; message: string; fix: string | null; repaired: string | null }[] = JSON.parse(
      said.stdout,
    ).data.findings
    return { exit: said.exit, findings, of: (check: string) => findings.filter((finding) => finding.check === check) }
  }

  it('finds nothing wrong in a fresh home, and says how to get pi', async () => {
    const said = await ramure(makeHome(), ['doctor'], { env: { RAMURE_PI: '/nowhere/pi', TMUX_TMPDIR: tmuxFolder() } })
    expect(said.exit).toBe(0)
    expect(said.stdout).toMatch(/^✔ node {5}Node \d+/)
    expect(said.stdout).toContain(
      '! pi       RAMURE_PI names /nowhere/pi, which cannot be read: only scripted and external agents can run\n  fix      npm install -g @earendil-works/pi-coding-agent',
    )
  })

  it('closes a home that others can enter', async () => {
    const home = makeHome()
    chmodSync(home.root, 0o755)
    const env = { TMUX_TMPDIR: tmuxFolder() }
    const looked = await doctor(home, env)
    expect([looked.exit, looked.of('home')]).toMatchObject([1, [{ verdict: 'fail', fix: `chmod 700 ${home.root}`, repaired: null }]])
    expect(statSync(home.root).mode & 0o777).toBe(0o755)
    expect(await doctor(home, env, '--fix')).toMatchObject({ exit: 0 })
    expect(statSync(home.root).mode & 0o777).toBe(0o700)
  })

  it('names runs that vanished, and cleans up what dead ones left', async () => {
    const home = makeHome()
    await vanished(home)
    const runtimes = join(home.root, 'runtimes')
    mkdirSync(runtimes, { mode: 0o700 })
    const record = {
      pid: 2 ** 22 + 1,
      server_url: null,
      program: null,
      started_at: new Date().toISOString(),
      socket: join(runtimes, `${RUN}.sock`),
    }
    writeFileSync(join(runtimes, `${RUN}.json`), JSON.stringify(record))
    const { of } = await doctor(home, { TMUX_TMPDIR: tmuxFolder() })
    expect(of('runs')).toMatchObject([{ verdict: 'warn', message: `1 run vanished without an end: ${RUN}`, fix: `ramure status ${RUN}` }])
    expect(of('sockets')[0]?.message).toBe(`0 live runs, cleaned up after ${RUN}`)
    expect(existsSync(join(runtimes, `${RUN}.json`))).toBe(false)
  })

  it('ends the tmux server of a dead run, and never one whose run it does not know', async () => {
    const home = makeHome()
    await vanished(home)
    const env = { TMUX_TMPDIR: tmuxFolder() }
    const tmux = (server: string, ...args: string[]) =>
      execFileSync('tmux', ['-L', server, '-f', '/dev/null', ...args], { env: { ...process.env, ...env }, encoding: 'utf8', stdio: 'pipe' })
    const servers = [`ramure-${RUN}`, 'ramure-somebody-else-55555555']
    for (const server of servers) tmux(server, 'new-session', '-d', '-s', 'one', 'sleep', '60')
    onTestFinished(() => {
      for (const server of servers) {
        try {
          tmux(server, 'kill-server')
        } catch {
          // The doctor has ended it.
        }
      }
    })
    expect((await doctor(home, env)).of('tmux')).toMatchObject([
      { verdict: 'ok' },
      { verdict: 'warn', message: `1 tmux session of ${RUN} outlived it`, fix: `tmux -L ramure-${RUN} kill-server` },
    ])
    expect((await doctor(home, env, '--fix')).of('tmux')[1]?.repaired).toBe(`ended the tmux server ramure-${RUN}`)
    expect(() => tmux(`ramure-${RUN}`, 'list-sessions')).toThrow()
    expect(tmux('ramure-somebody-else-55555555', 'list-sessions')).toContain('one:')
    expect((await doctor(home, env)).of('agents')).toMatchObject([{ verdict: 'ok' }])
  })
})
