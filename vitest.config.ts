import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { findChromium } from './test/chromium.ts'
import { hasShell, SHELLS } from './test/shells.ts'

export default defineConfig(({ mode }) => ({
  resolve: {
    alias: [
      { find: /^ramure$/, replacement: path('src/index.ts') },
      { find: /^ramure\/vitest$/, replacement: path('src/vitest.ts') },
      { find: /^ramure\/(log|projections|replay|testing)$/, replacement: `${path('src')}/$1/index.ts` },
    ],
  },
  test: {
    include: [mode === 'soak' ? 'test/**/*.soak.ts' : 'test/**/*.test.ts'],
    // Said once by test/chromium.global.ts and test/shells.global.ts.
    exclude: [
      '**/node_modules/**',
      '**/dist/**',
      ...(findChromium() === null ? ['**/*.browser.{test,soak}.ts'] : []),
      ...SHELLS.filter((shell) => !hasShell(shell)).map((shell) => `**/*.${shell}.test.ts`),
    ],
    globalSetup: ['test/seed.global.ts', 'test/chromium.global.ts', 'test/shells.global.ts'],
    setupFiles: ['test/seed.setup.ts'],
    reporters: ['default', './test/tally.reporter.ts'],
    pool: 'forks',
    maxWorkers: '100%',
    testTimeout: mode === 'soak' ? 600_000 : 20_000,
    hookTimeout: 20_000,
    teardownTimeout: 10_000,
    retry: 0,
    passWithNoTests: false,
    allowOnly: process.env.CI === undefined,
    restoreMocks: true,
    unstubEnvs: true,
  },
}))

function path(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url))
}
