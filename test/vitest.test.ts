import { describe, expect, test } from 'vitest'
import { agentProcess, emit } from '../src/runtime/process.ts'
import { type ReplayMatchers, toReplay } from '../src/vitest.ts'
import { keep, tempFolder } from './replay/kept.ts'

expect.extend({ toReplay })

const greet = agentProcess('greet', async () => void emit('hello', { to: 'world' }))
const edited = agentProcess('greet', async () => void emit('hello', { to: 'you' }))

type Expected = ReplayMatchers & { readonly not: ReplayMatchers }

describe('toReplay', () => {
  test('passes for the same decisions, and its negation for others', async () => {
    const path = await keep(greet, tempFolder(), 'kept')
    await (expect(greet) as unknown as Expected).toReplay(path)
    await (expect(edited) as unknown as Expected).not.toReplay(path)
  })

  test('fails with the report: both sides, and the line that decides now', async () => {
    const path = await keep(greet, tempFolder(), 'kept')
    const failure = await (expect(edited) as unknown as Expected).toReplay(path).catch((error: Error) => error.message)
    expect(failure).toMatch(/DIVERGED/)
    expect(failure).toMatch(/data\.to: "world" → "you"/)
    expect(failure).toMatch(/vitest\.test\.ts:9/)
  })

  test('fails, also negated, when nothing can be told', async () => {
    await expect((expect(greet) as unknown as Expected).toReplay('/no/such/recording')).rejects.toThrow(/CANNOT TELL/)
    await expect((expect(greet) as unknown as Expected).not.toReplay('/no/such/recording')).rejects.toThrow(/CANNOT TELL/)
  })
})
