import { expect, test } from 'vitest'
import { nothingOpened } from '../../src/runtime/opened.ts'
import { thrownBy } from './harness.ts'

test('what was opened is closed once, in the reverse order, also when one fails; the first failure is told', async () => {
  const opened = nothingOpened()
  const closed: string[] = []
  const closer = (name: string, error?: Error) => async () => {
    await null
    closed.push(name)
    if (error) throw error
  }
  opened.defer(closer('first'))
  opened.defer(closer('second', new Error('told second')))
  opened.defer(closer('third', new Error('told first')))
  const errors = await Promise.all([thrownBy(opened.close), thrownBy(opened.close)])
  expect(closed).toEqual(['third', 'second', 'first'])
  expect(errors.map(({ message }) => message)).toEqual(['told first', 'told first'])
})
