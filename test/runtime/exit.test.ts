import { expect, test } from 'vitest'
import { onExit } from '../../src/runtime/exit.ts'

test('what one run throws at the end of the Node process does not keep the others from writing', () => {
  const before = process.listeners('exit')
  const called: string[] = []
  const forget = [
    onExit(() => {
      throw new Error('The disk is full')
    }),
    onExit(() => void called.push('second')),
  ]
  const [listener] = process.listeners('exit').filter((each) => !before.includes(each))
  expect(() => listener?.(0)).not.toThrow()
  expect(called).toStrictEqual(['second'])
  for (const stop of forget) stop()
  expect(process.listeners('exit')).toStrictEqual(before)
})
