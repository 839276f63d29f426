import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'tsup'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPlace, says } from '../machines/pi-fixture.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ramure-bundle-'))
  await build({
    config: false,
    entry: { ramure: 'extension/ramure.ts' },
    outDir: folder,
    format: 'esm',
    target: 'node22',
    platform: 'node',
    noExternal: [/.*/],
    removeNodeProtocol: false,
    silent: true,
  })
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('the extension is one file that needs nothing but node', async () => {
  const files = await readdir(folder)
  expect(files).toHaveLength(1)
  const code = await readFile(join(folder, files[0] ?? ''), 'utf8')
  const imports = [...code.matchAll(/^import .*?["']([^"']+)["'];?$/gm)].map(([, name]) => name ?? '')
  expect(imports.length).toBeGreaterThan(0)
  expect(imports.filter((name) => !name.startsWith('node:') || !isBuiltin(name))).toEqual([])
  expect(code).not.toMatch(/\brequire\(|\bimport\(/)
})

test('pi takes the built file as it takes the source', async () => {
  await using place = await openPlace()
  const [file] = await readdir(folder)
  const driver = place.driverWith({ extensionFile: join(folder, file ?? '') })
  place.host.add('built')
  place.host.tool('built', { name: 'ping' }, () => 'pong')
  await driver.launch(await place.spec('built'))
  place.host.message('built', 'call ping')
  await place.host.wait('built', says('done pong'))
})
