import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { RamureError } from '../../src/log/error.ts'
import { errorData, reviveError } from '../../src/log/error-data.ts'

class Late extends Error {}

describe('errorData', () => {
  test.each([
    ['a class that never set its name', new Late('too late'), { name: 'Late', message: 'too late' }],
    ['an empty message', new Late(), { name: 'Late', message: 'Late' }],
    [
      'a code and a cause',
      Object.assign(new Error('gone', { cause: new TypeError('why') }), { code: 'ENOENT' }),
      { name: 'Error', message: 'gone', code: 'ENOENT', cause: { name: 'TypeError', message: 'why' } },
    ],
    ['a thrown text', 'just text', { name: 'Error', message: 'just text' }],
    ['nothing at all', undefined, { name: 'Error', message: 'undefined' }],
    ['an object that looks like an error', { name: 'RemoteError', message: 'far away' }, { name: 'RemoteError', message: 'far away' }],
    [
      'several errors without a message of their own',
      new AggregateError([new Error('refused')]),
      { name: 'AggregateError', message: 'refused' },
    ],
  ])('keeps what is known of %s', (_, error, expected) => {
    expect(errorData(error)).toStrictEqual(expected)
  })

  property.prop([fc.anything()])('always has a name and a message', (thrown) => {
    const { name, message } = errorData(thrown)
    expect(name).not.toBe('')
    expect(message).toBeTypeOf('string')
  })

  test('cuts a chain of causes that never ends', () => {
    const loop = new Error('round')
    loop.cause = loop
    let depth = 0
    for (let data = errorData(loop).cause; data !== undefined; data = data.cause) depth += 1
    expect(depth).toBe(8)
  })
})

describe('reviveError', () => {
  test('gives back name, message, code and cause', () => {
    const data = errorData(Object.assign(new Late('too late', { cause: new RangeError('5') }), { code: 'E_LATE' }))
    const error = reviveError(data)
    expect(error).toBeInstanceOf(Error)
    expect(errorData(error)).toStrictEqual(data)
    expect(error.cause).toBeInstanceOf(RangeError)
    expect(String(error)).toBe('Late: too late')
  })

  test('makes a RamureError of one', () => {
    const error = reviveError(errorData(new RamureError('ERR_NO_PROCESS', 'There is no process.')))
    expect(error).toBeInstanceOf(RamureError)
    expect(error).toMatchObject({ code: 'ERR_NO_PROCESS', message: 'There is no process.' })
  })
})
