import { expect, test } from 'vitest'
import { createSlots } from '../../src/machines/slots.ts'

const never = new AbortController().signal

test('no more are let in than there are slots, and in the order in which they came', async () => {
  const slots = createSlots(2)
  const entered: number[] = []
  const releases = [0, 1, 2, 3].map((index) => slots.take(never).then((release) => (entered.push(index), release)))
  const first = await releases[0]
  await releases[1]
  expect(entered).toEqual([0, 1])
  first?.()
  first?.()
  await releases[2]
  expect(entered).toEqual([0, 1, 2])
  ;(await releases[1])?.()
  await releases[3]
  expect(entered).toEqual([0, 1, 2, 3])
})

test('who gives up while waiting takes nobody the place', async () => {
  const slots = createSlots(1)
  const release = await slots.take(never)
  const abort = new AbortController()
  const [impatient, patient] = [slots.take(abort.signal), slots.take(never)]
  abort.abort()
  await expect(impatient).rejects.toMatchObject({ name: 'AbortError' })
  release()
  expect(await patient).toBeTypeOf('function')
  await expect(slots.take(AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' })
})
