import { describe, expect, test } from 'vitest'
import type { Entry } from '../../src/log/events.ts'
import { rerun } from '../../src/replay/rerun.ts'
import { agent } from '../../src/runtime/agent.ts'
import { sleep, step } from '../../src/runtime/effects.ts'
import type { Definition } from '../../src/runtime/lifecycle.ts'
import { machine } from '../../src/runtime/machine-record.ts'
import { agentProcess, emit, spawn } from '../../src/runtime/process.ts'
import { recordSimulated } from '../runtime/simulated-world.ts'

const main = (fn: () => Promise<unknown>): Definition => ({ name: 'main', fn, image: undefined, timeoutMs: undefined })

/** What differs when `now` runs on a recording of `recorded`. */
async function differences(recorded: () => Promise<unknown>, now: () => Promise<unknown>) {
  const { entries } = await recordSimulated(main(recorded), { seed: 1 })
  const again = await rerun(main(now), entries, { lenient: true })
  return again.differences.map(({ kind, scope, recorded: before, now: after }) => [kind, scope, (before ?? after)?.type])
}

const emitting =
  (...names: readonly string[]) =>
  async () =>
    void names.map((name) => emit(name, 1))

const child = (n: number, after: () => Promise<unknown> = async () => {}) =>
  agentProcess('child', async () => {
    emit('started', n)
    await sleep(n)
    await after()
    emit('ended', n)
  })

describe('a rerun of an edited program', () => {
  test('names an output that is only made now', async () => {
    expect(await differences(emitting('a'), emitting('a', 'b'))).toEqual([['extra', '/main#0', 'emit']])
  })

  test('names an output that was only made in the recording', async () => {
    expect(await differences(emitting('a', 'b'), emitting('a'))).toEqual([['missing', '/main#0', 'emit']])
  })

  test('names changed arguments', async () => {
    expect(
      await differences(
        async () => void emit('a', { n: 1 }),
        async () => void emit('a', { n: 2 }),
      ),
    ).toEqual([['changed', '/main#0', 'emit']])
  })

  test('names a changed result', async () => {
    expect(
      await differences(
        async () => 1,
        async () => 2,
      ),
    ).toEqual([['changed', '/main#0', 'process_done']])
  })

  test('names outputs that changed places', async () => {
    const [first] = await differences(emitting('a', 'b'), emitting('b', 'a'))
    expect(first).toEqual(['reordered', '/main#0', 'emit'])
  })

  test('names an output that comes a turn too early', async () => {
    const late = async () => {
      await sleep(5)
      emit('a', 1)
    }
    const early = async () => {
      const slept = sleep(5)
      emit('a', 1)
      await slept
    }
    expect(await differences(late, early)).toEqual([['reordered', '/main#0', 'emit']])
  })

  test('accuses only the child that was edited, among eight concurrent ones', async () => {
    const all = (edited: number | null) => async () => {
      const handles = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => spawn(child(n, async () => (n === edited ? emit('inserted', n) : undefined))))
      await Promise.all(handles.map((handle) => handle.result))
    }
    expect(await differences(all(null), all(4))).toEqual([['extra', '/main#0/child#3', 'emit']])
  })

  test('gives no result to a call that did not ask for it', async () => {
    const seen: unknown[] = []
    const program = (names: readonly string[]) => async () => {
      const results = await Promise.all(names.map((name) => step(name, () => `result of ${name}`)))
      seen.push(Object.fromEntries(names.map((name, index) => [name, results[index]])))
    }
    await differences(program(['one', 'two', 'three']), program(['three', 'one', 'two']))
    expect(seen[1]).toEqual({ one: 'result of one', two: 'result of two', three: 'result of three' })
  })

  test('reads an insertion in front of others of its name as one insertion', async () => {
    const numbers =
      (...all: readonly number[]) =>
      async () =>
        void all.map((n) => emit('n', n))
    expect(await differences(numbers(1, 2, 3), numbers(0, 1, 2, 3))).toEqual([['extra', '/main#0', 'emit']])
    expect(await differences(numbers(0, 1, 2, 3), numbers(1, 2, 3))).toEqual([['missing', '/main#0', 'emit']])
    expect(await differences(numbers(1, 2, 3), numbers(1, 5, 3))).toEqual([['changed', '/main#0', 'emit']])
  })

  test('takes nothing for changed that was only recorded after a later input', async () => {
    const program =
      (...first: readonly number[]) =>
      async () => {
        for (const n of first) emit('n', n)
        await sleep(5)
        emit('n', 2)
      }
    expect(await differences(program(1), program(1, 9))).toEqual([['extra', '/main#0', 'emit']])
  })

  test('gives commands of one name their own answers, whatever was inserted before them or changed in them', async () => {
    const seen: Record<string, unknown>[] = []
    const program = (commands: readonly string[]) => async () => {
      const box = await machine()
      const results = await Promise.all(commands.map((command) => box.exec(command).then(({ stdout }) => stdout)))
      seen.push(Object.fromEntries(commands.map((command, at) => [command, results[at]])))
    }
    // There, a command prints itself.
    const { entries } = await recordSimulated(main(program(['git log', 'git diff'])), { seed: 1 })
    // An inserted command is never answered; the others are, and would be seen if they had been given away.
    const inserted = await rerun(main(program(['git status', 'git log', 'git diff'])), entries, { lenient: true })
    const [first, ...others] = inserted.differences
    expect(first).toMatchObject({ kind: 'extra', now: { data: { command: 'git status' } } })
    expect(others.map(({ recorded }) => recorded?.type)).toEqual(['machine_stopped', 'process_done'])
    expect(inserted.waiting.map(({ label }) => label)).toEqual([expect.stringMatching(/git$/)])
    await rerun(main(program(['git log --all', 'git diff'])), entries, { lenient: true })
    expect(seen).toEqual([
      { 'git log': 'git log', 'git diff': 'git diff' },
      { 'git log --all': 'git log', 'git diff': 'git diff' },
    ])
  })

  test('stops at a question that nobody recorded an answer to, instead of asking the world', async () => {
    let asked = 0
    const { entries } = await recordSimulated(
      main(async () => 'nothing'),
      { seed: 1 },
    )
    const again = await rerun(
      main(() => step('new', () => (asked += 1))),
      entries,
    )
    expect(asked).toBe(0)
    expect(again.ended).toBe(false)
    expect(again.differences.map(({ kind }) => kind)).toContain('extra')
  })
})

describe('a rerun', () => {
  test('performs no step, launches no agent and arms no timer', async () => {
    let steps = 0
    const program = async () => {
      await step('count', () => (steps += 1))
      await agent('worker')
      await sleep(86_400_000)
      return Math.random()
    }
    const { entries } = await recordSimulated(main(program), { seed: 3 })
    const again = await rerun(main(program), entries)
    expect(steps).toBe(1)
    expect(again).toMatchObject({ differences: [], ended: true })
  })

  test('refuses input and output that was not recorded, naming the line', async () => {
    const leaky = async () => {
      const { readFileSync } = await import('node:fs')
      return step('ok', () => 1).then(() => readFileSync('/dev/null', 'utf8'))
    }
    const { entries } = await recordSimulated(main(leaky), { seed: 1 })
    const again = await rerun(main(leaky), entries)
    const failed = again.differences.find(({ now }) => now?.type === 'process_failed')?.now as Entry | undefined
    expect(JSON.stringify(failed?.data)).toMatch(/rerun\.test\.ts:\d+.*ERR_IO_IN_REPLAY/)
  })

  test('refuses a recording without its header', async () => {
    await expect(
      rerun(
        main(async () => 1),
        [],
      ),
    ).rejects.toMatchObject({ code: 'ERR_LOG_HEADER' })
  })
})
