import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { VERSION } from '../src/log/version.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const PACKED_BYTES_MAX = 1_300_000
const SUBPATHS = ['ramure', 'ramure/log', 'ramure/projections', 'ramure/replay', 'ramure/testing', 'ramure/vitest']

/** A stranger's project: the tarball installed into an empty folder, with an empty home. */
let app: string
let home: string
let packed: { readonly filename: string; readonly size: number; readonly files: readonly { readonly path: string }[] }

beforeAll(async () => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'ramure-pack-')))
  app = join(folder, 'app')
  home = join(folder, 'home')
  await Promise.all([mkdir(app), mkdir(home)])
  await run(process.execPath, ['scripts/run.mjs', 'setup'], ROOT)
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], ROOT)
  packed = firstPacked(JSON.parse(stdout))
  await writeFile(join(app, 'package.json'), JSON.stringify({ name: 'app', private: true, type: 'module' }))
  // A connection that stalls is given up and tried again; npm itself would wait for five minutes.
  const patience = ['--fetch-timeout=20000', '--fetch-retries=2']
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', ...patience, join(folder, packed.filename)], app)
}, 300_000)

afterAll(() => rm(join(app, '..'), { recursive: true, force: true }))

describe('the tarball', () => {
  test('holds the build, the documents and the examples, and nothing else', () => {
    const allowed = /^(dist|docs|examples)\/|^(CHANGELOG|README)\.md$|^LICENSE$|^package\.json$/
    const paths = packed.files.map(({ path }) => path)
    expect(paths.filter((path) => !allowed.test(path))).toEqual([])
    expect(paths.filter((path) => /\.test\.|\.env|\.npmrc|\.pem$|events\.jsonl$/.test(path))).toEqual([])
    expect(paths).toEqual(
      expect.arrayContaining(['dist/index.js', 'dist/index.d.ts', 'dist/cli.js', 'dist/extension/ramure.js', 'LICENSE']),
    )
  })

  test('is small', () => {
    expect(packed.size).toBeLessThan(PACKED_BYTES_MAX)
  })

  test('has source maps that carry their sources', async () => {
    for (const { path, sources, sourcesContent = [] } of await maps()) {
      expect(
        sourcesContent.filter((content) => typeof content === 'string'),
        path,
      ).toHaveLength(sources.length)
    }
  })

  test('has one copy of every module: two copies of the scope would be two worlds', async () => {
    const sources = (await maps()).filter(({ path }) => !path.startsWith('dist/extension/')).flatMap((map) => map.sources)
    expect(sources.filter((source) => source.endsWith('runtime/scope.ts'))).toHaveLength(1)
    expect(sources.toSorted()).toEqual([...new Set(sources)].toSorted())
  })

  test('knows nothing of the machine that built it', async () => {
    for (const { path } of packed.files) expect((await installed(path)).includes(ROOT), path).toBe(false)
  })

  test('has an extension that needs nothing but Node', async () => {
    const code = await installed('dist/extension/ramure.js')
    const imported = [...code.matchAll(/(?:\bfrom|^import|\bimport\()\s*["']([^"']+)["']/gm)].map((match) => match[1] as string)
    expect(imported.filter((name) => !name.startsWith('node:'))).toEqual([])
  })

  test('is what bundlers and type checkers expect', async () => {
    const { messages } = await publint({ pkgDir: ROOT, strict: true })
    expect(messages).toEqual([])
  })
})

describe('a project that installed it', () => {
  test('runs a process with a scripted agent from a .ts file, without a build', async () => {
    await writeFile(join(app, 'greet.ts'), GREET)
    const { stdout } = await run('node', ['greet.ts', 'world'], app)
    expect(stdout).toBe('hello, world\n')
    expect(await readdir(join(home, '.ramure', 'logs'))).toHaveLength(1)
  })

  test('imports the same classes by every subpath', async () => {
    await writeFile(join(app, 'same.ts'), SAME)
    expect((await run('node', ['same.ts'], app)).stdout).toBe('true\n')
  })

  test('is told the version that package.json has', async () => {
    const { version } = JSON.parse(await installed('package.json')) as { version: string }
    expect(VERSION).toBe(version)
    expect((await run('npx', ['--no-install', 'ramure', '--version'], app)).stdout).toContain(version)
  })

  test('has the ramure command', async () => {
    const { stdout } = await run('npx', ['--no-install', 'ramure', '--help'], app)
    expect(stdout).toContain('Usage: ramure')
  })

  test('gets types for every subpath', async () => {
    await writeFile(join(app, 'types.ts'), SUBPATHS.map((path, index) => `export * as all${index} from '${path}'\n`).join('') + GREET)
    await writeFile(join(app, 'tsconfig.json'), JSON.stringify(STRICT))
    const { stdout } = await run(join(ROOT, 'node_modules', '.bin', 'tsc'), ['-p', '.'], app)
    expect(stdout).toBe('')
  })
})

const GREET = `import { agent, agentProcess, done, scripted, wait } from 'ramure'

const greet = agentProcess('greet', async (name: string) => {
  const greeter = await agent('greeter', {
    driver: scripted(async (me) => {
      const { text } = await me.next()
      await me.call('say', { text: 'hello, ' + text })
    }),
  })
  greeter.on('say', { input: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] } }, async (input) => {
    done((input as { text: string }).text)
    return 'said'
  })
  await greeter.send(name)
  return wait<string>()
})

console.log(await greet(process.argv[2] ?? 'nobody'))
`

const SAME = `import { RamureError } from 'ramure'
import { RamureError as FromLog } from 'ramure/log'
import 'ramure/projections'
import 'ramure/replay'
import 'ramure/testing'
import 'ramure/vitest'

console.log(RamureError === FromLog)
`

const STRICT = {
  compilerOptions: {
    target: 'es2024',
    lib: ['es2024', 'esnext.disposable'],
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck: false,
    typeRoots: [join(ROOT, 'node_modules', '@types')],
    types: ['node'],
  },
  files: ['types.ts'],
}

/** Runs a command the way a stranger would: an own home, and nothing of the npm that runs these tests. */
async function run(file: string, args: readonly string[], cwd: string): Promise<{ stdout: string; stderr: string }> {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_ENV|VITEST|RAMURE_|HOME$|PATH$)/.test(name))
  const path = `${join(ROOT, 'node_modules', '.bin')}${delimiter}${process.env.PATH ?? ''}`
  const env = { ...Object.fromEntries(inherited), PATH: path, ...(cwd === ROOT ? { HOME: process.env.HOME } : { HOME: home }) }
  return promisify(execFile)(file, args, { cwd, env, maxBuffer: 1 << 26 })
}

/** npm prints an array up to version 11 and an object by name from later ones. */
function firstPacked(printed: unknown): typeof packed {
  return Object.values(printed as Record<string, typeof packed>)[0] as typeof packed
}

interface SourceMap {
  readonly path: string
  readonly sources: readonly string[]
  readonly sourcesContent?: readonly (string | null)[]
}

function maps(): Promise<SourceMap[]> {
  const paths = packed.files.map(({ path }) => path).filter((path) => path.endsWith('.map'))
  return Promise.all(paths.map(async (path) => ({ ...JSON.parse(await installed(path)), path })))
}

function installed(path: string): Promise<string> {
  return readFile(join(app, 'node_modules', 'ramure', path), 'utf8')
}
