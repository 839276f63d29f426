import { expect, test } from 'vitest'
import { homeFolders } from '../../src/log/home.ts'

test('runs live below the home folder', () => {
  expect(homeFolders({ HOME: '/home/ada' })).toStrictEqual({
    root: '/home/ada/.ramure',
    logs: '/home/ada/.ramure/logs',
    runtimes: '/home/ada/.ramure/runtimes',
  })
})

test('RAMURE_HOME replaces the whole folder, an empty one nothing', () => {
  expect(homeFolders({ HOME: '/home/ada', RAMURE_HOME: '/srv/ramure/' }).runtimes).toBe('/srv/ramure/runtimes')
  expect(homeFolders({ HOME: '/home/ada', RAMURE_HOME: '' }).root).toBe('/home/ada/.ramure')
})

test('logDir replaces the logs folder only', () => {
  expect(homeFolders({ HOME: '/' }, '/data/logs/')).toStrictEqual({ root: '/.ramure', logs: '/data/logs', runtimes: '/.ramure/runtimes' })
})

test('without any of the variables it says so', () => {
  expect(() => homeFolders({})).toThrow(expect.objectContaining({ code: 'ERR_NO_HOME' }))
})
