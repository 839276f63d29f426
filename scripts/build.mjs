import { existsSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { locked } from './lock.mjs'
import { capture, ROOT, say } from './shell.mjs'

const DIST = join(ROOT, 'dist')
const STAMP = join(DIST, 'index.js')
const SOURCES = ['src', 'extension', 'package.json', 'package-lock.json', 'tsconfig.json', 'tsup.config.ts']

/** Builds when dist is missing or a source is newer than it. */
export async function ensureBuilt() {
  if (isBuilt()) return 0
  return locked('build', () => (isBuilt() ? 0 : buildNow()))
}

/** Builds, whether it is needed or not. */
export function build() {
  return locked('build', buildNow)
}

/** Builds into a folder beside dist and swaps it in, so that nobody ever imports half a build. */
async function buildNow() {
  const startedAt = new Date()
  const fresh = `${DIST}.${process.pid}`
  const { code, output } = await capture('tsup', ['--out-dir', fresh])
  if (code === 0) swapIn(fresh, startedAt)
  else say(output)
  rmSync(fresh, { recursive: true, force: true })
  say(
    code === 0 ? `Built dist in ${((Date.now() - startedAt.getTime()) / 1000).toFixed(1)} s.` : `The build failed with exit code ${code}.`,
  )
  return code
}

function isBuilt() {
  return existsSync(STAMP) && newestOf(SOURCES.map((path) => join(ROOT, path))) <= statSync(DIST).mtimeMs
}

/** As old as the start of its build: a source that was saved meanwhile is newer. */
function swapIn(fresh, builtAt) {
  utimesSync(fresh, builtAt, builtAt)
  const old = `${DIST}.old.${process.pid}`
  if (existsSync(DIST)) renameSync(DIST, old)
  renameSync(fresh, DIST)
  rmSync(old, { recursive: true, force: true })
}

function newestOf(paths) {
  return Math.max(0, ...paths.filter((path) => existsSync(path)).map(newestIn))
}

function newestIn(path) {
  const stats = statSync(path)
  if (!stats.isDirectory()) return stats.mtimeMs
  return Math.max(stats.mtimeMs, newestOf(readdirSync(path).map((name) => join(path, name))))
}
