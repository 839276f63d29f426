import { defineConfig, type Options } from 'tsup'

const library = {
  index: 'src/index.ts',
  log: 'src/log/index.ts',
  projections: 'src/projections/index.ts',
  replay: 'src/replay/index.ts',
  testing: 'src/testing/index.ts',
  vitest: 'src/vitest.ts',
}

const shared: Options = { format: 'esm', target: 'node22', platform: 'node', sourcemap: true, removeNodeProtocol: false, silent: true }

export default defineConfig([
  // One build with shared chunks: a second copy of the scope's AsyncLocalStorage would be a second, empty world.
  { ...shared, entry: { ...library, cli: 'src/cli/main.ts' }, splitting: true, dts: { entry: library } },
  // Loaded by another program, far from our node_modules: everything it needs is inside it.
  { ...shared, entry: { 'extension/ramure': 'extension/ramure.ts' }, splitting: false, noExternal: [/.*/] },
  // The script and style of an exported run: they go into one file that loads nothing.
  {
    ...shared,
    entry: { 'page/page': 'src/export/page/main.ts' },
    format: 'iife',
    platform: 'browser',
    target: ['chrome110', 'firefox115', 'safari16.4'],
    sourcemap: false,
    splitting: false,
    minify: true,
    outExtension: () => ({ js: '.js' }),
  },
  { ...shared, entry: { 'page/page': 'src/export/page/page.css' }, sourcemap: false, splitting: false, minify: true },
])
