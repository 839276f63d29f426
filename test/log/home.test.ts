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

test.for([
  ['home', '/work/home'],
  ['./home/', '/work/home'],
  ['.', '/work'],
  ['..', '/work/..'],
  ['.hidden', '/work/.hidden'],
])('a relative home %s is one below the folder where the program was started', ([given = '', root]) => {
  expect(homeFolders({ RAMURE_HOME: given }, 'my/logs', '/work')).toStrictEqual({
    root,
    logs: '/work/my/logs',
    runtimes: `${root}/runtimes`,
  })
  expect(homeFolders({ RAMURE_HOME: given }, undefined, '/work').logs).toBe(`${root}/logs`)
})

test('the root of the file system is not written twice', () => {
  expect(homeFolders({ RAMURE_HOME: '/' })).toStrictEqual({ root: '/', logs: '/logs', runtimes: '/runtimes' })
})
