import { writeFile } from 'node:fs/promises'
import type { Cast } from '../play.ts'

/** The first gives up, the second crashes, the third claims too much, whoever comes then repairs it. */
export function repairers(file: string): Cast {
  return (agent) => async (me) => {
    await me.next()
    const attempt = Number(agent.split('-')[1])
    if (attempt === 1) await me.call('give_up', { why: 'the manual is missing' })
    else if (attempt === 2) me.crash(3)
    else {
      await writeFile(file, 'repaired')
      await me.call('finished')
    }
  }
}

/** Claims to be finished and has done nothing. */
export const boaster: Cast = () => async (me) => {
  await me.next()
  await me.call('finished')
}
