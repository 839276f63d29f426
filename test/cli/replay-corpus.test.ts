/** `ramure replay --all` and `--accept`: programs of their own, run by node on recordings of real runs. */
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { CorpusReport } from '../../src/replay/corpus.ts'
import { makeHome, ramure } from './home.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
const RECORDINGS = join(ROOT, 'test', 'recordings', 'v1')

/** Copies recordings; the project that they were made in is this one, or another where a program was edited. */
function corpusOf(folder: string, names: readonly string[], project = ROOT): string {
  for (const name of names) {
    mkdirSync(join(folder, name), { recursive: true })
    const text = readFileSync(join(RECORDINGS, name, 'events.jsonl'), 'utf8')
    writeFileSync(join(folder, name, 'events.jsonl'), text.replaceAll('/project', project))
  }
  return folder
}

/** A project with one program, changed by `edit`. */
function projectWith(folder: string, program: string, edit: (source: string) => string): string {
  mkdirSync(join(folder, 'examples'), { recursive: true })
  const source = readFileSync(join(ROOT, 'examples', program), 'utf8').replace("'ramure'", `'${join(ROOT, 'dist', 'index.js')}'`)
  const edited = edit(source)
  expect(edited).not.toBe(source)
  writeFileSync(join(folder, 'examples', program), edited)
  return folder
}

const noted = (source: string) => source.replace("return 'Noted.", "return 'Written down.")

describe('ramure replay --all', { timeout: 40_000 }, () => {
  test('says one line per recording, what they cover and what adds nothing, and ends with 0', async () => {
    const home = makeHome()
    const corpus = corpusOf(join(home.root, 'corpus'), ['fan-out', 'killed-at-night', 'task-desk'])
    cpSync(join(corpus, 'fan-out'), join(corpus, 'fan-out-again'), { recursive: true })
    const { exit, stdout, stderr } = await ramure(home, ['replay', '--all', corpus])
    expect(stdout.split('\n').slice(0, 4)).toEqual([
      '✔  fan-out          explainAll  53 of 53 events, completed',
      '✔  fan-out-again    explainAll  53 of 53 events, completed',
      '✔  killed-at-night  nightShift  18 of 18 events, ends early',
      '✔  task-desk        taskDesk    24 of 24 events, completed',
    ])
    expect(stdout).toMatch(/4 recordings: 4 identical, 0 diverged, 0 cannot tell · /)
    expect(stdout).toMatch(/○ {2}endpoint {2}taskDesk\.tasks +never\n/)
    expect(stdout).toMatch(/ {2}tool +taskDesk\.finish +answered 1\n/)
    expect(stdout).toMatch(/1 recording could go without an outcome less:\n {2}fan-out-again\n$/)
    expect([exit, stderr]).toEqual([0, ''])
  })

  test('ends with 4 when one diverges, with 8 when one cannot be told, and says which as data', async () => {
    const home = makeHome()
    const project = projectWith(join(home.root, 'project'), 'task-desk.ts', noted)
    const corpus = corpusOf(join(project, 'recordings'), ['task-desk'], project)
    corpusOf(corpus, ['fan-out'], join(home.root, 'gone'))
    const said = await ramure(home, ['replay', '--all', corpus, '--json'])
    const report = (JSON.parse(said.stdout) as { readonly data: CorpusReport }).data
    expect(report.recordings.map(({ recording, verdict }) => [recording, verdict.verdict, verdict.reason?.code])).toEqual([
      ['fan-out', 'cannot_tell', 'ERR_PROGRAM_NOT_FOUND'],
      ['task-desk', 'diverged', undefined],
    ])
    expect([said.exit, report.verdict]).toEqual([4, 'diverged'])
    const other = await ramure(home, ['replay', '--all', corpusOf(join(home.root, 'other'), ['fan-out'], join(home.root, 'gone'))])
    expect([other.exit, other.stdout.slice(0, 60)]).toEqual([
      8,
      expect.stringMatching(/^\? {2}fan-out {2}explainAll {2}ERR_PROGRAM_NOT_FOUND/),
    ])
  })

  test('refuses a folder without recordings, and --accept beside it', async () => {
    const home = makeHome()
    expect(await ramure(home, ['replay', '--all', home.root])).toMatchObject({ exit: 3, stderr: expect.stringMatching(/ERR_CORPUS_EMPTY/) })
    expect(await ramure(home, ['replay', '--all', home.root, '--accept'])).toMatchObject({
      exit: 2,
      stderr: expect.stringMatching(/ERR_USAGE/),
    })
  })
})

describe('ramure replay --accept', { timeout: 40_000 }, () => {
  test('writes what the program does now beside the old recording, and that replays', async () => {
    const home = makeHome()
    const project = projectWith(join(home.root, 'project'), 'task-desk.ts', noted)
    const corpus = corpusOf(join(project, 'recordings'), ['task-desk'], project)
    const before = readFileSync(join(corpus, 'task-desk', 'events.jsonl'), 'utf8')
    const said = await ramure(home, ['replay', join(corpus, 'task-desk'), '--accept'])
    const [made] = readdirSync(corpus).filter((name) => name !== 'task-desk')
    expect(said).toMatchObject({ exit: 0, stdout: expect.stringContaining(`accepted  as ${made}`) })
    expect(readFileSync(join(corpus, 'task-desk', 'events.jsonl'), 'utf8')).toBe(before)
    expect(readFileSync(join(corpus, made ?? '', 'events.jsonl'), 'utf8')).toContain('Written down.')
    expect((await ramure(home, ['replay', '--all', corpus])).stdout).toMatch(/1 identical, 1 diverged/)
    expect((await ramure(home, ['replay', join(corpus, made ?? '')])).stdout).toMatch(/same decisions, same result/)
  })

  test('says why when the recorded world has no answer for it, and ends with 4', async () => {
    const home = makeHome()
    const asking = (source: string) => source.replace('const tasks: Task[] = []', "await worker.exec('date')\n  const tasks: Task[] = []")
    const project = projectWith(join(home.root, 'project'), 'task-desk.ts', asking)
    const corpus = corpusOf(join(project, 'recordings'), ['task-desk'], project)
    const said = await ramure(home, ['replay', join(corpus, 'task-desk'), '--accept'])
    expect(said).toMatchObject({ exit: 4, stdout: expect.stringMatching(/not accepted .*waits for what nobody answered/) })
    expect(readdirSync(corpus)).toEqual(['task-desk'])
  })
})
