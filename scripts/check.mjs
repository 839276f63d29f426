import { performance } from 'node:perf_hooks'
import { capture, say } from './shell.mjs'

const CHECKS = [
  { name: 'style', file: 'biome', args: ['ci', '--colors=off', '.'] },
  { name: 'types', file: 'tsc', args: ['--noEmit', '-p', '.'] },
  { name: 'page', file: 'tsc', args: ['--noEmit', '-p', 'src/export/page'] },
  { name: 'unused', file: 'knip', args: ['--no-progress'] },
  { name: 'house', file: 'vitest', args: ['run', 'test/tidy.test.ts'] },
  { name: 'package', file: 'publint', args: ['--strict'] },
]

/** Runs every check, two at a time, prints the output of those that failed, and resolves with 0 when all passed. */
export async function check() {
  const waiting = [...CHECKS]
  const results = []
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) results.push(await runCheck(next))
  }
  await Promise.all([work(), work()])
  const failed = results.filter((result) => result.code !== 0)
  say(`${results.length - failed.length} checks passed, ${failed.length} failed${failed.map(({ name }) => ` · ${name}`).join('')}`)
  return failed.length === 0 ? 0 : 1
}

async function runCheck({ name, file, args }) {
  const startedAt = performance.now()
  const { code, output } = await capture(file, args)
  say(`${code === 0 ? '✔' : '✗'} ${name.padEnd(8)} ${[file, ...args].join(' ')}  ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
  if (code !== 0) say(output)
  return { name, code }
}
