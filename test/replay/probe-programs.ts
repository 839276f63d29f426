/**
 * Programs and edits of them. Each edit marks, in a comment at the end of the line, where a replay must point: `here: <name>`
 * for the line that does something else now, `last: <name>` for the last line that was still the same.
 */

import { agent } from '../../src/runtime/agent.ts'
import { connect } from '../../src/runtime/connect.ts'
import { parallel, sleep, step } from '../../src/runtime/effects.ts'
import { expose } from '../../src/runtime/endpoint.ts'
import { machine } from '../../src/runtime/machine-record.ts'
import { agentProcess, done, emit, fail, spawn, wait } from '../../src/runtime/process.ts'
import { kept } from '../fixtures/kept-before.ts'

export interface Edit {
  readonly recorded: () => Promise<unknown>
  readonly now: () => Promise<unknown>
}

const text = { type: 'object', properties: { n: { type: 'number' } } } as const
const child = agentProcess('child', async (n: number) => emit('working', n))
const renamedChild = agentProcess('grandchild', async (n: number) => emit('working', n))

async function rounds(limit: number): Promise<unknown> {
  const worker = await agent('worker')
  let count = 0
  worker.on('submit', { input: text }, async () => {
    count += 1
    if (count >= limit) return fail('too many rounds') // here: changed branch
    await worker.send(`again ${count}`)
    return 'sent back'
  })
  await worker.send('begin')
  return wait()
}

export const edits = {
  'renamed tool': {
    recorded: async () => void (await agent('worker')).on('submit', () => 1),
    now: async () => void (await agent('worker')).on('hand_in', () => 1), // here: renamed tool
  },
  'renamed step': {
    recorded: () => step('build', () => 1),
    now: () => step('compile', () => 1), // here: renamed step
  },
  'renamed agent': {
    recorded: async () => void (await agent('worker')),
    now: async () => void (await agent('helper')), // here: renamed agent
  },
  'renamed event': {
    recorded: async () => void emit('started', 1),
    now: async () => void emit('begun', 1), // here: renamed event
  },
  'renamed endpoint': {
    recorded: async () => expose('count', () => 1),
    now: async () => expose('total', () => 1), // here: renamed endpoint
  },
  'renamed child': {
    recorded: () => child(1),
    now: () => renamedChild(1), // here: renamed child
  },
  'inserted output': {
    recorded: async () => {
      emit('one')
      emit('three')
    },
    now: async () => {
      emit('one')
      emit('two') // here: inserted output
      emit('three')
    },
  },
  'removed output': {
    recorded: async () => {
      emit('one')
      emit('two')
      emit('three')
    },
    now: async () => {
      emit('one') // last: removed output
      emit('three')
    },
  },
  'swapped commands': {
    recorded: async () => {
      const box = await machine()
      await Promise.all([box.exec('make one'), box.exec('make two')])
    },
    now: async () => {
      const box = await machine()
      const two = box.exec('make two')
      const one = box.exec('make one') // here: swapped commands
      await Promise.all([one, two])
    },
  },
  'swapped children': {
    recorded: () => Promise.all([child(1), child(2)]),
    now: () => Promise.all([child(2), child(1)]), // here: swapped children
  },
  'changed argument': {
    recorded: async () => void (await machine()).exec('npm test'),
    now: async () => void (await machine()).exec('npm run test'), // here: changed argument
  },
  'changed message': {
    recorded: async () => (await agent('worker')).send('be quick'),
    now: async () => (await agent('worker')).send('be thorough'), // here: changed message
  },
  'changed result': {
    recorded: async () => ({ lines: 12, ok: true }),
    now: async () => ({ lines: 13, ok: true }),
  },
  'early return': {
    recorded: async () => {
      emit('one')
      await sleep(5)
      return 'done'
    },
    now: async () => {
      emit('one') // last: early return
      return 'done'
    },
  },
  'throw instead of return': {
    recorded: async () => 'fine',
    now: () => Promise.reject(new TypeError('not fine')), // here: throw instead of return
  },
  'changed error message': {
    recorded: () => Promise.reject(new Error('no builder')),
    now: () => Promise.reject(new Error('no reviewer')), // here: changed error message
  },
  'extra timer': {
    recorded: async () => void emit('one'),
    now: async () => {
      setTimeout(() => {}, 1000) // here: extra timer
      emit('one')
    },
  },
  'removed timer': {
    recorded: async () => {
      emit('one')
      const timer = setTimeout(() => {}, 1000)
      clearTimeout(timer)
    },
    now: async () => void emit('one'), // last: removed timer
  },
  'longer timer': {
    recorded: () => sleep(10),
    now: () => sleep(20), // here: longer timer
  },
  'changed branch': {
    recorded: () => rounds(3),
    now: () => rounds(1),
  },
  'changed reply': {
    recorded: () => replying('Sent.'),
    now: () => replying('Sent to review.'),
  },
  'changed payload': {
    recorded: async () => void emit('progress', { part: 1, of: 2 }),
    now: async () => void emit('progress', { part: 1, of: 3 }), // here: changed payload
  },
  'reordered sends': {
    recorded: async () => {
      const worker = await agent('worker')
      await worker.send('first')
      await worker.send('second')
    },
    now: async () => {
      const worker = await agent('worker')
      await worker.send('second')
      await worker.send('first') // here: reordered sends
    },
  },
  'reordered across scopes': {
    recorded: () => parallel({ left: async () => emit('left'), right: async () => emit('right') }),
    now: () =>
      parallel({
        right: async () => emit('right'),
        left: async () => emit('left'), // here: reordered across scopes
      }),
  },
  'added endpoint': {
    recorded: async () => void emit('one'),
    now: async () => {
      emit('one')
      expose('status', () => 1) // here: added endpoint
    },
  },
  'random agent name': {
    recorded: async () => void (await agent(`worker-${Math.random().toString(36).slice(2, 8)}`)),
    now: async () => void (await agent(`worker-${kept.random().toString(36).slice(2, 8)}`)), // here: random agent name
  },
  'random kept from before the run': {
    recorded: async () => void emit('chance', kept.random()),
    now: async () => void emit('chance', kept.random()), // here: random kept from before the run
  },
  'clock kept from before the run': {
    recorded: async () => void emit('clock', [new kept.Date().getTime(), String(kept.hrtime())]),
    now: async () => void emit('clock', [new kept.Date().getTime(), String(kept.hrtime())]), // here: clock kept from before the run
  },
  'timer kept from before the run': {
    recorded: () => foreignTimer(),
    now: () => foreignTimer(),
  },
  'another tool schema': {
    recorded: async () => void (await agent('worker')).on('submit', { input: text }, () => 1),
    now: async () => void (await agent('worker')).on('submit', { input: { type: 'object' } }, () => 1), // here: another tool schema
  },
  'extra child': {
    recorded: async () => void emit('one'),
    now: async () => {
      emit('one')
      spawn(child, 3) // here: extra child
    },
  },
  'fail instead of done': {
    recorded: async () => {
      done(1)
      return wait()
    },
    now: async () => {
      fail('no') // here: fail instead of done
      return wait()
    },
  },
  'extra connection': {
    recorded: async () => {
      await agent('a')
      await agent('b')
    },
    now: async () => {
      const a = await agent('a')
      connect(a, await agent('b')) // here: extra connection
    },
  },
  'system prompt added': {
    recorded: async () => void (await agent('worker')),
    now: async () => void (await agent('worker', { systemPrompt: 'You review.' })), // here: system prompt added
  },
  'another model': {
    recorded: async () => void (await agent('worker', { model: 'local/small' })),
    now: async () => void (await agent('worker', { model: 'local/large' })), // here: another model
  },
  'a wait that nothing ends': {
    recorded: async () => {
      emit('one')
      done(1)
      return wait()
    },
    now: async () => {
      emit('one') // last: a wait that nothing ends
      return wait() // here: a wait that nothing ends
    },
  },
  'a promise that nothing settles': {
    recorded: async () => void emit('one'),
    now: async () => {
      emit('one') // last: a promise that nothing settles
      return new Promise(() => {})
    },
  },
} satisfies Record<string, Edit>

async function replying(answer: string): Promise<unknown> {
  const worker = await agent('worker')
  // What it returns is made by no line of its own: a replay points at where the handler was given.
  const handle = () => {
    done(1) // last: changed reply
    return answer
  }
  worker.on('submit', { input: text }, handle) // here: changed reply
  await worker.send('begin')
  return wait()
}

async function foreignTimer(): Promise<void> {
  emit('before')
  await new Promise((resolve) => kept.setTimeout(resolve, 2))
  emit('after') // here: timer kept from before the run
  await sleep(1)
}
