import { createHash } from 'node:crypto'
import { accessSync, constants, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { locked } from './lock.mjs'
import { capture, ENV, ROOT, run, say } from './shell.mjs'

const NODE_MAJOR = 22
const NPM = process.platform === 'win32' ? 'npm.cmd' : 'npm'
/** npm talks on stdout; ours belongs to the command that is run at the end. */
const ON_STDERR = ['inherit', 2, 2]

/** Installs the project's packages when they are missing or not those of the lock file. */
export async function installPackages() {
  return (await installFolder(ROOT)) || (await ensureNode())
}

/** Installs the pi coding agent for tests and the demo; a project of its own because of its overrides. */
export async function installPi() {
  const folder = join(ROOT, 'tools', 'pi')
  return existsSync(join(folder, 'package-lock.json')) ? installFolder(folder) : 0
}

async function installFolder(folder) {
  if (isInstalled(folder)) return 0
  return locked('install', async () => {
    if (isInstalled(folder)) return 0
    say(`Installing the packages of ${folder} (once; npm ci) …`)
    const code = await run(NPM, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder, stdio: ON_STDERR })
    if (code === 0) writeFileSync(stampPath(folder), hashOfLock(folder))
    else say(`npm ci failed in ${folder} with exit code ${code}. Its message is above; the npm registry must be reachable.`)
    return code
  })
}

function isInstalled(folder) {
  return existsSync(stampPath(folder)) && readFileSync(stampPath(folder), 'utf8') === hashOfLock(folder)
}

/** Inside node_modules, so that whoever deletes that folder deletes the claim as well. */
function stampPath(folder) {
  return join(folder, 'node_modules', '.ramure-lock')
}

function hashOfLock(folder) {
  return createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .digest('hex')
}

/** The npm package `node` places its binary in an install script, which a cautious npm may not have run. */
async function ensureNode() {
  if (existsSync(join(ROOT, 'node_modules', '.bin', 'node')) && existsSync(join(ROOT, 'node_modules', 'node', 'bin', 'node'))) return 0
  if (majorOf(process.version) >= NODE_MAJOR) return 0
  return locked('install', async () => {
    say('The install script of the npm package "node" has not run; running it now …')
    await run(NPM, ['rebuild', 'node', '--foreground-scripts'], { stdio: ON_STDERR })
    const { code, output } = await capture('node', ['--version'])
    if (code === 0 && majorOf(output) >= NODE_MAJOR) return 0
    say(`Node ${NODE_MAJOR}.19 or newer is needed, this is ${process.version}. Install it from nodejs.org or your package manager.`)
    return 1
  })
}

function majorOf(version) {
  return Number(/^v(\d+)/.exec(version.trim())?.[1] ?? 0)
}

const PACKAGE_MANAGERS = [
  { file: 'apt-get', before: ['update'], install: ['install', '-y', '--no-install-recommends'] },
  { file: 'dnf', install: ['install', '-y'] },
  { file: 'apk', install: ['add'] },
  { file: 'pacman', install: ['-Sy', '--noconfirm'] },
]

/** Agents live in tmux sessions. Without it everything but real agents works, so its absence is told, not fatal. */
export function installTmux() {
  return installSystem('tmux', ['tmux'], 'what starts real agents will fail.')
}

const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']
const MAC_BROWSERS = ['/Applications/Google Chrome.app', '/Applications/Chromium.app']

/** The exported page is tested in a browser. Without one these tests are left out, which is told here and by the test run. */
export function installChromium() {
  if (process.env.RAMURE_CHROMIUM || MAC_BROWSERS.some(existsSync)) return 0
  return installSystem('chromium', BROWSERS, 'the tests of the exported page are left out.')
}

/** Tab is tried in real shells; bash is there. Without the others these tests are left out, which the test run says as well. */
export async function installShells() {
  for (const shell of ['zsh', 'fish']) await installSystem(shell, [shell], `the tests of Tab in a real ${shell} are left out.`)
  return 0
}

/** Installs a package of the system when none of `files` is on PATH and this user may; always resolves with 0. */
async function installSystem(name, files, without) {
  const isThere = () => files.some(has)
  if (isThere()) return 0
  const manager = PACKAGE_MANAGERS.find(({ file }) => has(file))
  if (process.getuid?.() === 0 && manager !== undefined) {
    await locked('install', async () => {
      if (!isThere()) await installWith(manager, name)
    })
  }
  if (!isThere()) say(`${name} is missing: ${without} ${howToGet(name, manager)}`)
  return 0
}

async function installWith({ file, before, install }, name) {
  say(`Installing ${name} with ${file} (once) …`)
  const options = { stdio: ['ignore', 2, 2], env: { ...ENV, DEBIAN_FRONTEND: 'noninteractive' } }
  if (before !== undefined) await run(file, before, options)
  await run(file, [...install, name], options)
}

function howToGet(name, manager) {
  if (process.platform === 'darwin') return `Get it with: brew install ${name}`
  if (manager === undefined) return `Install the package '${name}' of your system.`
  return `Get it with: sudo ${[manager.file, ...manager.install, name].join(' ')}`
}

function has(file) {
  return (ENV.PATH ?? '').split(delimiter).some((folder) => folder !== '' && isExecutable(join(folder, file)))
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
