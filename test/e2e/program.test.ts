import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { work } from '../fixtures/long-program.ts'
import { openWorld, processesOf, until, type World } from './world.ts'

/** A program in a process of its own, whose agent is in the middle of a command, and what becomes of both. */
const PROGRAM = join(import.meta.dirname, '../fixtures/long-program.ts')

let world: World
let program: ReturnType<typeof begin>
let run: string
beforeEach(async () => {
  world = await openWorld()
  program = begin()
  run = await atWork()
})
afterEach(async () => {
  program.kill('SIGKILL')
  for (const pid of await processesOf(run)) process.kill(pid, 'SIGKILL')
  await world[Symbol.asyncDispose]()
})

const begin = () =>
  execa(process.execPath, [PROGRAM], { cwd: world.project, env: { ...world.env }, reject: false, stdin: 'ignore', detached: true })

/** The run's id, once its agent is at the command. */
async function atWork(): Promise<string> {
  let found = ''
  await until(async () => {
    const [name] = await readdir(join(world.home, 'logs')).catch(() => [])
    found = name ?? ''
    return (
      found !== '' && (await readFile(join(world.home, 'logs', found, 'events.jsonl'), 'utf8').catch(() => '')).includes('"pi_tool_start"')
    )
  })
  await until(async () => (await sleeps(found)).length >= 2)
  return found
}

async function sleeps(id: string): Promise<number[]> {
  const pids = await processesOf(id)
  const commands = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  return pids.filter((_, index) => commands[index] === 'sleep\x004322\0')
}

test('Ctrl-C stops a program in order', async () => {
  // A terminal sends it to the whole process group.
  process.kill(-(program.pid ?? 0), 'SIGINT')
  const ended = await program
  expect(ended).toMatchObject({ exitCode: 7, stdout: '', stderr: expect.stringContaining('ExecutionCancelled: ') })
  const entries = await world.recording(run)
  const types = entries.map(({ type }) => type)
  expect(types.slice(types.indexOf('stop_requested')).filter((type) => !/^(message|turn|pi_tool|usage)/.test(type))).toEqual([
    'stop_requested',
    'shutdown',
    'disconnected',
    'agent_exited',
    'machine_stopped',
    'process_cancelled',
    'run_ended',
  ])
  expect(entries.at(-1)?.data).toMatchObject({ outcome: 'cancelled' })
  expect(entries.find(({ type }) => type === 'stop_requested')?.data).toEqual({ caller: 'signal SIGINT', reason: 'SIGINT was received' })
  expect(await sleeps(run)).toEqual([])
  await world.nothingIsLeftOf(run)
  await world.rerunsIdentically(work, run)
})

test('a program that is killed leaves a run that ls calls orphaned, and doctor --fix cleans up after it', async () => {
  program.kill('SIGKILL')
  expect(await program).toMatchObject({ signal: 'SIGKILL' })
  expect((await sleeps(run)).length).toBeGreaterThan(0)

  const ls = await world.cli('ls', '--all', '--json')
  expect(JSON.parse(ls.stdout)).toMatchObject({ data: { runs: [{ run, status: 'orphaned' }] } })
  expect((await world.cli('status', run)).stdout).toContain('orphaned')

  const found = await world.cli('doctor')
  expect(found.stdout).toMatch(new RegExp(`tmux session.* of ${run} outlived it`))
  const doctor = await world.cli('doctor', '--fix')
  expect(doctor.stdout).toContain(`ended the tmux server ramure-${run}`)
  // The command that left its process group and its session is ended as well.
  expect(doctor.stdout).toMatch(new RegExp(`1 process of ${run} outlived it.*\n.*ended 1 process`))
  expect(doctor.exitCode).toBe(0)
  await world.nothingIsLeftOf(run)
  await world.rerunsIdentically(work, run, { ended: false })
  const after = await world.cli('doctor')
  expect(after.stdout).toContain('no tmux session outlived its run')
  expect(after.stdout).not.toContain(`of ${run} outlived`)
})
