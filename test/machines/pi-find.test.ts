import { chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { askPi, checkNode, findExtension, findPi, findTmux } from '../../src/machines/pi-find.ts'

let root: string
beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'ramure-find-')))
  await mkdir(join(root, 'bin'))
  await program('real-pi.js', '#!/usr/bin/env node\nconsole.log("1.2.3")')
  await symlink(join(root, 'real-pi.js'), join(root, 'bin/pi'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

test('RAMURE_PI wins over PATH, PATH over a checkout, and links are followed', async () => {
  const other = await program('other', '#!/bin/sh\necho 2.0.0')
  expect(await findPi({ RAMURE_PI: other, PATH: join(root, 'bin') })).toBe(other)
  expect(await findPi({ PATH: `/nowhere:${root}/bin` })).toBe(join(root, 'real-pi.js'))
  expect(await findPi({ PATH: '/nowhere' })).toMatch(/tools\/pi\/node_modules\/.*cli\.js$/)
  await expect(findPi({ RAMURE_PI: join(root, 'gone') })).rejects.toMatchObject({ code: 'ERR_PI_NOT_FOUND' })
})

test('tmux and the extension are found, or are null', async () => {
  expect(await findTmux({ PATH: process.env.PATH })).toMatch(/tmux$/)
  expect(await findTmux({ PATH: root })).toBeNull()
  expect(await findExtension()).toMatch(/extension\/ramure\.[jt]s$/)
})

test('a script is run with the given node, a program by itself', async () => {
  const program2 = await program('pi2', '#!/bin/sh\necho "pi 0.87.1"')
  expect(await askPi(join(root, 'real-pi.js'), process.execPath, {})).toEqual({
    argv: [process.execPath, join(root, 'real-pi.js')],
    version: '1.2.3',
  })
  expect(await askPi(program2, '/no/node', {})).toEqual({ argv: [program2], version: '0.87.1' })
  const linked = await program('pi3', '#!/usr/bin/env node\nconsole.log("0.90.0")')
  expect((await askPi(linked, process.execPath, {})).argv).toEqual([process.execPath, linked])
})

test('a pi that is too old or does not answer, and a node that is too old, are refused', async () => {
  const old = await program('old.js', 'console.log("0.86.9")')
  const mute = await program('mute.js', 'process.exit(3)')
  await expect(askPi(old, process.execPath, {})).rejects.toMatchObject({ code: 'ERR_PI_TOO_OLD' })
  await expect(askPi(mute, process.execPath, {})).rejects.toMatchObject({ code: 'ERR_PI_NOT_FOUND' })
  for (const version of ['20.20.2', '22.18.9', '22.9.0'])
    expect(() => checkNode(version)).toThrow(expect.objectContaining({ code: 'ERR_NODE_TOO_OLD' }))
  for (const version of ['22.19.0', '22.20.0', '24.0.0']) checkNode(version)
})

async function program(name: string, text: string): Promise<string> {
  const path = join(root, name)
  await writeFile(path, text)
  await chmod(path, 0o755)
  return path
}
