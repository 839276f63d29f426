import { existsSync } from 'node:fs'
import { defineConfig, type Options } from 'tsup'

const library = existing({
  index: 'src/index.ts',
  log: 'src/log/index.ts',
  projections: 'src/projections/index.ts',
  testing: 'src/testing/index.ts',
})
const command = existing({ cli: 'src/cli/main.ts' })
const extension = existing({ 'extension/ramure': 'extension/ramure.ts' })

const shared: Options = {
  format: 'esm',
  target: 'node22',
  platform: 'node',
  sourcemap: true,
  removeNodeProtocol: false,
  clean: false,
  silent: true,
}

export default defineConfig([
  // One build with shared chunks: a second copy of the scope's AsyncLocalStorage would be a second, empty world.
  ...when(library, { ...shared, entry: { ...library, ...command }, splitting: true, dts: { entry: library } }),
  // Loaded by another program, far from our node_modules: everything it needs is inside it.
  ...when(extension, { ...shared, entry: extension, splitting: false, dts: false, noExternal: [/.*/] }),
])

function existing(entries: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(entries).filter(([, path]) => existsSync(path)))
}

function when(entries: Record<string, string>, options: Options): Options[] {
  return Object.keys(entries).length === 0 ? [] : [options]
}
