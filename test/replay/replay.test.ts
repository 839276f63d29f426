import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { locate } from '../../src/replay/locate.ts'
import { placeOf } from '../../src/replay/place.ts'
import { replay } from '../../src/replay/replay.ts'
import { agentProcess, bubble, emit, spawn } from '../../src/runtime/process.ts'
import { keep, tempFolder } from './kept.ts'

const greet = agentProcess('greet', async () => void emit('hello', { to: 'world' }))

describe('replay', () => {
  test('takes the path of a folder, or of the log in it', async () => {
    const path = await keep(greet, tempFolder(), 'kept')
    expect(await replay(greet, path)).toMatchObject({ verdict: 'identical', run: 'kept' })
    expect(await replay(greet, join(path, 'events.jsonl'))).toMatchObject({ verdict: 'identical', run: 'kept' })
  })

  test('takes the id of a run in the store that it is given', async () => {
    const folder = tempFolder()
    await keep(greet, folder, 'kept')
    const { store } = locate(join(folder, 'any'))
    expect(await replay(greet, 'kept', { store })).toMatchObject({ verdict: 'identical' })
  })

  test('cannot tell about a folder that is not there', async () => {
    expect(await replay(greet, join(tempFolder(), 'gone'))).toMatchObject({ verdict: 'cannot_tell', reason: { code: 'ERR_RUN_NOT_FOUND' } })
  })

  test('cannot tell about a run of another process', async () => {
    const path = await keep(greet, tempFolder(), 'kept')
    const other = agentProcess('other', async () => {})
    expect(await replay(other, path)).toMatchObject({ verdict: 'cannot_tell', reason: { code: 'ERR_OTHER_PROCESS' } })
  })

  test('names the source of a forwarded event when that is another one now', async () => {
    const child = agentProcess('child', async () => void emit('found', 1))
    const forwarding = (source: string) =>
      agentProcess('main', async () => {
        const handle = spawn(child)
        bubble(handle, { source })
        await handle.result
      })
    const path = await keep(forwarding('first'), tempFolder(), 'kept')
    expect(await replay(forwarding('first'), path)).toMatchObject({ verdict: 'identical' })
    expect(await replay(forwarding('second'), path)).toMatchObject({
      verdict: 'diverged',
      divergences: [{ class: 'changed', scope: '/main#0', changes: [{ path: 'source', recorded: 'first', now: 'second' }] }],
    })
  })

  test('leaves the log alone', async () => {
    const path = await keep(greet, tempFolder(), 'kept')
    const before = readFileSync(join(path, 'events.jsonl'), 'utf8')
    await replay(
      agentProcess('greet', async () => void emit('bye')),
      path,
      { lenient: true },
    )
    expect(readFileSync(join(path, 'events.jsonl'), 'utf8')).toBe(before)
  })
})

describe('the place of a recording', () => {
  const project = (): string => {
    const folder = tempFolder()
    mkdirSync(join(folder, 'programs'))
    mkdirSync(join(folder, 'test', 'recordings', 'one'), { recursive: true })
    writeFileSync(join(folder, 'programs', 'main.ts'), '')
    return folder
  }

  test('is where it was recorded while the program is there', () => {
    const folder = project()
    const recorded = { cwd: folder, program: join(folder, 'programs', 'main.ts') }
    expect(placeOf(recorded, join(tempFolder(), 'far', 'away'))).toEqual(recorded)
  })

  test('is found above the recording when the project has moved', () => {
    const folder = project()
    const recorded = { cwd: '/nowhere/project', program: '/nowhere/project/programs/main.ts' }
    expect(placeOf(recorded, join(folder, 'test', 'recordings', 'one'))).toEqual({
      cwd: folder,
      program: join(folder, 'programs', 'main.ts'),
    })
  })

  test('has no program when that is nowhere', () => {
    const recorded = { cwd: '/nowhere/project', program: '/nowhere/project/programs/other.ts' }
    expect(placeOf(recorded, join(project(), 'test', 'recordings', 'one'))).toEqual({ cwd: '/nowhere/project', program: null })
  })

  test('is not guessed for a program outside of the recorded folder', () => {
    const recorded = { cwd: '/nowhere/project', program: '/nowhere/programs/main.ts' }
    expect(placeOf(recorded, join(project(), 'test', 'recordings', 'one')).program).toBeNull()
  })
})
