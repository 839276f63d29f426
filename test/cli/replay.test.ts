/** `ramure replay` on programs that run in Node processes of their own. */
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { describe, expect, it } from 'vitest'
import type { Verdict } from '../../src/replay/verdict.ts'
import { type Home, ramure } from './home.ts'
import { entriesOf, headerOf, library, recorded, replayed } from './recorded-program.ts'

/** Steps, an agent, a handler, a timer; `name=value` words of the arguments change what it does. */
const REVIEW = `import { agent, agentProcess, done, emit, scripted, sleep, step, wait } from '${library}'
const driver = scripted(async (me) => {
  for await (const { text } of me.messages) await me.call('submit', { code: text }).catch(() => {})
})
export const review = agentProcess('review', async (task: string) => {
  const worker = await agent('worker', { driver })
  worker.on('submit', { input: { type: 'object' } }, async ({ code }) => {
    const lint = await step('lint', () => 'fine')
    emit('linted', lint)
    done(code)
    return 'Thanks.'
  })
  await sleep(1)
  await worker.send('Write ' + task)
  return wait<string>()
})
`
const CALLED = `${REVIEW}console.log('Result:', await review(process.argv[2] ?? 'fizzbuzz'))\n`

describe('ramure replay finds the program', () => {
  it('whose top level calls the process, and says in one screen that all is the same', async () => {
    const home = await recorded({ 'main.ts': CALLED })
    const said = await ramure(home, ['replay'], { width: 80 })
    expect(said.exit).toBe(0)
    expect(said.stdout).toMatch(/^main\.ts unchanged.* agents started 0 · network 0 · effects executed 0/)
    expect(said.stdout).toContain('✔ same decisions, same result')
    // What the program prints is about a run that does not happen.
    expect(said.stdout).not.toContain('Result:')
  })

  it('that only exports the process', async () => {
    const home = await recorded(
      { 'main.ts': REVIEW, 'start.ts': `const { review } = await import('./main.ts')\nawait review('x')\n` },
      'start.ts',
    )
    expect(await replayed(home, ['--program', join(home.root, 'main.ts')])).toMatchObject({ verdict: 'identical' })
  })

  it('when it is asked from another folder than it was started in', async () => {
    const files = {
      'main.ts': `import { readFileSync } from 'node:fs'\nconst task = readFileSync('task.txt', 'utf8')\n${REVIEW}await review(task)\n`,
    }
    const home = await recorded({ ...files, 'task.txt': 'sorting' })
    expect(await replayed(home)).toMatchObject({ verdict: 'identical' })
  })

  it('that takes arguments', async () => {
    expect(await replayed(await recorded({ 'main.ts': CALLED }, 'main.ts', ['primes']))).toMatchObject({ verdict: 'identical' })
  })

  it('and does not wait in a debugger for an entry that is not there', async () => {
    const home = await recorded({ 'main.ts': CALLED })
    expect(await replayed(home, ['--inspect', '9999'])).toMatchObject({
      verdict: 'cannot_tell',
      reason: { code: 'ERR_ENTRY_NOT_FOUND', message: expect.stringContaining('no entry #9999') },
    })
  })

  it('by the name and the order of its calls, and starts none of the others', async () => {
    const other = `const other = agentProcess('other', async () => 1)\n`
    const calls = `await other()\nawait review('one').catch(() => {})\nawait review('two').catch(() => {})\n`
    const home = await recorded({ 'main.ts': `${REVIEW}${other}${calls}` })
    const runs = readdirSync(home.logs).map((run) => ({ run, process: headerOf(home, run).data.process }))
    expect(runs.map(({ process }) => process).toSorted()).toEqual(['other', 'review', 'review'])
    for (const { run } of runs) expect(await replayed(home, [], run)).toMatchObject({ verdict: 'identical', run })
    expect(readdirSync(home.logs)).toHaveLength(3)
  })

  it('the second of two calls', async () => {
    const home = await recorded({ 'main.ts': `${REVIEW}await review('one').catch(() => {})\nawait review('two').catch(() => {})\n` })
    const runs = readdirSync(home.logs)
    expect(runs.map((run) => headerOf(home, run).data.root).toSorted()).toEqual([0, 1])
    for (const run of runs) expect(await replayed(home, [], run)).toMatchObject({ verdict: 'identical', run })
  })
})

describe('ramure replay cannot tell', () => {
  it('when the program is gone, and says how to name another', async () => {
    const home = await recorded({ 'main.ts': CALLED })
    renameSync(join(home.root, 'main.ts'), join(home.root, 'moved.ts'))
    const said = await ramure(home, ['replay'])
    expect(said.exit).toBe(8)
    expect(said.stdout).toMatch(/CANNOT TELL.*ERR_PROGRAM_NOT_FOUND[^]*main\.ts is not there any more\.[^]*--program/)
    expect(await replayed(home, ['--program', join(home.root, 'moved.ts')])).toMatchObject({ verdict: 'identical' })
  })

  it('when the program does not load, and repeats its last words', async () => {
    const home = await recorded({ 'main.ts': CALLED })
    writeFileSync(join(home.root, 'main.ts'), `import './not-there.ts'\n${CALLED}`)
    const said = await ramure(home, ['replay'])
    expect(said.exit).toBe(8)
    expect(said.stdout).toMatch(/ERR_PROGRAM_FAILED[^]*exit code 1[^]*not-there\.ts/)
  })

  it('when the program neither calls nor exports the process any more', async () => {
    const home = await recorded({ 'main.ts': CALLED })
    writeFileSync(join(home.root, 'main.ts'), CALLED.replaceAll("agentProcess('review'", "agentProcess('audit'"))
    expect(await replayed(home)).toMatchObject({ verdict: 'cannot_tell', reason: { message: expect.stringContaining("'review'") } })
  })

  it('when the program hangs and is interrupted, and leaves nothing running', async () => {
    const home = await recorded({ 'main.ts': CALLED })
    const ready = join(home.root, 'ready')
    const stop = new AbortController()
    writeFileSync(
      join(home.root, 'main.ts'),
      `import { writeFileSync } from 'node:fs'\nwriteFileSync(${JSON.stringify(ready)}, String(process.pid))\nsetInterval(() => {}, 1000)\n`,
    )
    const running = ramure(home, ['replay', '--json'], { signal: stop.signal })
    const pid = Number(await contentOf(ready))
    stop.abort()
    const said = await running
    expect(said.exit).toBe(8)
    expect(JSON.parse(said.stdout).data.reason).toMatchObject({ code: 'ERR_REPLAY_STOPPED' })
    await expect.poll(() => isAlive(pid)).toBe(false)
  })
})

describe('ramure replay of an edited program', () => {
  const edit = (home: Home, from: string, to: string) => writeFileSync(join(home.root, 'main.ts'), CALLED.replace(from, to))

  it('exits with 4 and names the line as the author wrote it', async () => {
    const home = await recorded({ 'main.ts': CALLED })
    edit(home, "emit('linted', lint)", "emit('linted', [lint])")
    const said = await ramure(home, ['replay'], { width: 100 })
    expect(said.exit).toBe(4)
    expect(said.stdout).toMatch(/▸\s+9 │\s+emit\('linted', \[lint\]\)/)
    expect(said.stdout).toContain('ERR_DIVERGED')
    expect(said.stdout).toContain('code change: main.ts differs from the recorded source')
    expect(said.stdout.split('\n').length).toBeLessThan(30)
  })

  it('goes on with --lenient and lists all', async () => {
    const home = await recorded({ 'main.ts': CALLED })
    edit(home, "emit('linted', lint)", "emit('linted', [lint])\n    emit('more')")
    expect((await replayed(home)).divergences).toHaveLength(2)
    const { divergences, rerun } = await replayed(home, ['--lenient'])
    expect(divergences.map((each) => each.class)).toEqual(['changed', 'extra'])
    expect(rerun.ended).toBe(true)
  })

  it('stops with --until before the difference', async () => {
    const home = await recorded({ 'main.ts': CALLED })
    const { divergences } = JSON.parse(JSON.stringify(await diverged(home, edit))) as Verdict
    const until = (divergences[0]?.because[0]?.seq ?? 0) - 1
    expect(await replayed(home, ['--until', String(until)])).toMatchObject({ verdict: 'identical', rerun: { ended: false } })
    expect(await replayed(home)).toMatchObject({ verdict: 'diverged' })
  })

  it('refuses to stop after an entry that is not there', async () => {
    const home = await recorded({ 'main.ts': CALLED })
    const said = await ramure(home, ['replay', '--until', '99999'])
    expect(said).toMatchObject({ exit: 3, stdout: '', stderr: expect.stringMatching(/has no entry #99999; its last one is #\d+\./) })
  })

  it('says the same twice', async () => {
    const home = await recorded({ 'main.ts': CALLED })
    edit(home, 'done(code)', "done('other')")
    const [one, other] = [await ramure(home, ['replay', '--json']), await ramure(home, ['replay', '--json'])]
    expect(one.stdout).toBe(other.stdout)
    expect(JSON.parse(one.stdout).data).toMatchObject({ verdict: 'diverged', reruns: 'agree', cause: 'code_change' })
  })

  it('refuses what it would read now, unless --allow-io', async () => {
    const home = await recorded({ 'main.ts': CALLED })
    edit(home, "emit('linted', lint)", "emit('linted', lint)\n    const { length } = (await import('node:fs')).readFileSync('/dev/null')")
    expect((await replayed(home)).divergences[0]).toMatchObject({ class: 'leak', site: { line: 10 } })
    expect(await replayed(home, ['--allow-io'])).toMatchObject({ verdict: 'identical' })
  })
})

describe('what if', () => {
  it('an input had been another one, had not come, had come twice or later', async () => {
    const home = await recorded({ 'main.ts': CALLED })
    const entries = entriesOf(home)
    const seqOf = (type: string) => String(entries.find((entry) => entry.type === type)?.seq)
    const set = await replayed(home, ['--set', `${seqOf('step_result')}="poor"`])
    expect(set.divergences[0]?.changes).toEqual([{ path: 'data', recorded: 'fine', now: 'poor' }])
    const failed = await replayed(home, ['--set', `${seqOf('step_result')}=error:no linter`])
    expect(failed.divergences.map(({ now }) => now?.type)).toContain('tool_result')
    const dropped = await replayed(home, ['--drop', seqOf('timer_fired')])
    // It never sends its message, and its agent leaves without having been told to.
    expect(dropped.divergences[0]).toMatchObject({ class: 'outcome', recorded: { type: 'message' }, now: { type: 'process_failed' } })
    expect(await replayed(home, ['--dup', seqOf('tool_call')])).toMatchObject({ verdict: 'identical' })
    // Each scope does the same as before; only across them the order is another one.
    const delay = ['--delay', `${seqOf('timer_fired')}+2`]
    expect(await replayed(home, delay)).toMatchObject({ verdict: 'identical' })
    expect((await replayed(home, [...delay, '--exact'])).divergences.map((each) => each.class)).toContain('reordered')
    const wrong = await ramure(home, ['replay', '--drop', '1'])
    expect(wrong.stdout).toContain('ERR_TWEAK')
  })

  it('is only asked with numbers of entries', async () => {
    const home = await recorded({ 'main.ts': CALLED })
    for (const option of ['--drop=x', '--set=1', '--delay=3', '--until=soon']) {
      expect(await ramure(home, ['replay', option])).toMatchObject({ exit: 2, stderr: expect.stringContaining('ERR_USAGE') })
    }
  })
})

it('ramure replay --inspect stops in a debugger before the entry is made', async () => {
  const home = await recorded({ 'main.ts': CALLED })
  const entries = entriesOf(home)
  const seq = entries.find((entry) => entry.type === 'emit')?.seq
  const cli = new URL('../../src/cli/main.ts', import.meta.url).pathname
  const child = execa(process.execPath, [cli, 'replay', '--inspect', String(seq)], {
    env: { RAMURE_HOME: home.root, NO_COLOR: '1' },
    reject: false,
  })
  const url = await new Promise<string>((resolve) => {
    let words = ''
    child.stderr.on('data', (text: Buffer) => {
      words += text.toString()
      const [, found] = /listening on (ws:\/\/\S+)/.exec(words) ?? []
      if (found) resolve(found)
    })
  })
  const paused = await runToPause(url)
  expect(paused.map(({ functionName }) => functionName)).toContain('stop')
  const { exitCode, stdout } = await child
  expect([exitCode, stdout]).toEqual([0, expect.stringContaining('same decisions, same result')])
})

/** Attaches a debugger, runs until it stops, then lets go. Returns the stack at which it stopped. */
async function runToPause(url: string): Promise<readonly { readonly functionName: string }[]> {
  const socket = new WebSocket(url)
  await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }))
  const paused = new Promise<readonly { functionName: string }[]>((resolve) => {
    socket.addEventListener('message', ({ data }) => {
      const message = JSON.parse(String(data)) as { method?: string; params?: { callFrames: { functionName: string }[] } }
      if (message.method === 'Debugger.paused') resolve(message.params?.callFrames ?? [])
    })
  })
  socket.send(JSON.stringify({ id: 1, method: 'Debugger.enable' }))
  socket.send(JSON.stringify({ id: 2, method: 'Runtime.runIfWaitingForDebugger' }))
  const frames = await paused
  socket.send(JSON.stringify({ id: 3, method: 'Debugger.resume' }))
  socket.close()
  return frames
}

async function diverged(home: Home, edit: (home: Home, from: string, to: string) => void): Promise<Verdict> {
  edit(home, "emit('linted', lint)", "emit('linted', 1)")
  return replayed(home)
}

async function contentOf(path: string): Promise<string> {
  let content = ''
  await expect.poll(() => (content = existsSync(path) ? readFileSync(path, 'utf8') : ''), { timeout: 10_000 }).not.toBe('')
  return content
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
