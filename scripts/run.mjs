/**
 * What the npm scripts go through: brings a machine that has only some Node and npm to where the wanted command runs,
 * then runs it under the project's own Node. Plain JavaScript without dependencies, because it runs before they exist.
 * Talk goes to stderr; stdout belongs to the command.
 */
import { build, ensureBuilt } from './build.mjs'
import { check } from './check.mjs'
import { installChromium, installPackages, installPi, installShells, installTmux } from './install.mjs'
import { run, say } from './shell.mjs'

const COMMANDS = {
  demo: { needs: ['packages', 'pi', 'tmux', 'build'], run: (args) => run('node', ['dist/cli.js', 'demo', ...args]) },
  test: { needs: ['packages', 'pi', 'tmux', 'chromium', 'shells', 'build'], run: (args) => run('vitest', ['run', ...args]) },
  soak: { needs: ['packages', 'pi', 'tmux', 'chromium', 'build'], run: (args) => run('vitest', ['run', '--mode', 'soak', ...args]) },
  check: { needs: ['packages', 'build'], run: () => check() },
  build: { needs: ['packages'], run: () => build() },
  bench: { needs: ['packages', 'build'], run: (args) => run('node', ['bench/support/all.ts', ...args]) },
  fix: { needs: ['packages'], run: () => run('biome', ['check', '--write', '.']) },
  setup: { needs: ['packages', 'pi', 'tmux', 'build'], run: () => 0 },
}

const STEPS = {
  packages: installPackages,
  pi: installPi,
  tmux: installTmux,
  chromium: installChromium,
  shells: installShells,
  build: ensureBuilt,
}

process.exitCode = await main(process.argv.slice(2))

async function main([name = '', ...args]) {
  const command = COMMANDS[name]
  if (command === undefined) {
    say(`There is no command '${name}'. Known are: ${Object.keys(COMMANDS).join(', ')}.`)
    return 2
  }
  for (const need of command.needs) {
    const code = await STEPS[need]()
    if (code !== 0) return code
  }
  return command.run(args)
}
