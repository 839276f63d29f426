/** Ends its Node process in the middle of a turn: `<exit | throw>`. */
import { sleep } from '../../../src/runtime/effects.ts'
import { agentProcess, emit } from '../../../src/runtime/process.ts'

const main = agentProcess('main', async () => {
  emit('first words')
  await sleep(1)
  emit('last words')
  if (process.argv[2] === 'exit') process.exit(3)
  // Outside of the process and its promises: nobody catches it.
  process.nextTick(() => {
    throw new Error('a mistake')
  })
})

await main()
