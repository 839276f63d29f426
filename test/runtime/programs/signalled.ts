/** Gets SIGTERM while its run is being opened, or while it is being closed. */
import { agentProcess, wait } from '../../../src/index.ts'
import { surroundedBy } from '../../../src/runtime/surroundings.ts'

const [when] = process.argv.slice(2)
const term = () => process.kill(process.pid, 'SIGTERM')

if (when === 'opening') {
  const running = agentProcess('main', () => wait())().catch(({ code }: { code: string }) => code)
  term()
  console.log(await running)
} else {
  const onEntry = ({ type }: { type: string }) => void (type === 'run_ended' && term())
  await surroundedBy(
    { onEntry },
    agentProcess('main', async () => {}),
  )
  console.log('went on')
}
