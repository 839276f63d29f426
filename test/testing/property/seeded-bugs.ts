/** Programs that are each wrong in one way, which shows under one fault or in one order only. */
import { agent, agentProcess, connect, done, emit, expose, fail, machine, sleep, spawn, step, wait } from 'ramure'

const TEXT = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'], additionalProperties: false } as const
const ORDER = { type: 'object', properties: { order: { type: 'integer', minimum: 1, maximum: 9 } }, required: ['order'] } as const
const AMOUNT = { type: 'object', properties: { amount: { type: 'integer', minimum: 1, maximum: 500 } }, required: ['amount'] } as const

/** Counts what it should tell apart: one reviewer can approve twice. */
export const countsApprovals = agentProcess(
  'countsApprovals',
  async () => {
    let approvals = 0
    for (const name of ['alice', 'bob']) {
      const reviewer = await agent(name)
      reviewer.on('approve', () => {
        approvals += 1
        if (approvals === 2) done('merged')
        return 'noted'
      })
      await reviewer.send('Please review.')
    }
    return wait<string>()
  },
  { timeoutMs: 3_600_000 },
)

/** Charges before it looks whether it has charged: a call made again charges again. */
export const chargesTwice = agentProcess(
  'chargesTwice',
  async () => {
    const clerk = await agent('clerk')
    clerk.on<{ amount: number }>('charge', { input: AMOUNT }, ({ amount }) => {
      emit('charged', { amount })
      return 'charged'
    })
    clerk.on('close', () => {
      done('closed')
      return 'closed'
    })
    await clerk.send('Charge the customer once, then close.')
    return wait<string>()
  },
  { timeoutMs: 3_600_000 },
)

/** A silent worker keeps it waiting for ever: nobody set a limit. */
export const waitsForEver = agentProcess('waitsForEver', async () => {
  const worker = await agent('worker')
  worker.on<{ text: string }>('submit', { input: TEXT }, ({ text }) => {
    done(text)
    return 'thank you'
  })
  await worker.send('Work.')
  return wait<string>()
})

const attempt = agentProcess(
  'attempt',
  async () => {
    const helper = await agent('helper')
    helper.on<{ text: string }>('finish', { input: TEXT }, ({ text }) => {
      done(text)
      return 'thank you'
    })
    await helper.send('Try.')
    return wait<string>()
  },
  { timeoutMs: 60_000 },
)

/** The failure of its child is swallowed, and then nobody decides anything. */
export const ignoresCrash = agentProcess('ignoresCrash', async () => {
  const child = spawn(attempt)
  child.result.then(
    (text) => done(text),
    () => {},
  )
  return wait<string>()
})

/** Takes whoever comes first for the better one. */
export const firstWins = agentProcess(
  'firstWins',
  async () => {
    for (const name of ['careful', 'quick']) {
      const expert = await agent(name)
      expert.on('answer', () => {
        done(name)
        return 'thank you'
      })
      await expert.send('What do you think?')
    }
    return wait<string>()
  },
  { timeoutMs: 3_600_000 },
)

/** Takes a command that failed for one that succeeded. */
export const trustsCommands = agentProcess(
  'trustsCommands',
  async () => {
    const builder = await agent('builder')
    builder.on('release', async () => {
      await builder.exec('npm test')
      emit('released', null)
      done('released')
      return 'released'
    })
    await builder.send('Release when the tests pass.')
    return wait<string>()
  },
  { timeoutMs: 3_600_000 },
)

/** Waits for a command that nobody limits, longer than it has promised. */
export const waitsForCommands = agentProcess('waitsForCommands', async () => {
  const builder = await agent('builder')
  const { ok } = await builder.exec('npm test')
  return ok ? 'green' : 'red'
})

/** Says done in one handler and fail in another, and both can come to it. */
export const decidesTwice = agentProcess(
  'decidesTwice',
  async () => {
    const [yes, no] = [await agent('yes'), await agent('no')]
    connect(yes, no)
    yes.on('agree', async () => {
      done('agreed')
      return 'noted'
    })
    no.on('object', async () => {
      fail('objected')
      return 'noted'
    })
    await Promise.all([yes.send('Agree?'), no.send('Object?')])
    // Somebody may still want to say something.
    await sleep(60_000)
    return wait<string>()
  },
  { timeoutMs: 3_600_000 },
)

const team = agentProcess(
  'team',
  async () => {
    const worker = await agent('worker')
    worker.on('finish', () => {
      done('finished')
      return 'thank you'
    })
    await worker.send('Work.')
    return wait<string>()
  },
  { timeoutMs: 3_600_000 },
)

/** Sends reminders to a worker without looking whether it is still there. */
export const remindsTheDead = agentProcess(
  'remindsTheDead',
  async () => {
    const boss = await agent('boss')
    const child = spawn(team)
    const worker = async () => {
      while (!child.agents['worker']) await sleep(1)
      return child.agents['worker']
    }
    const known = await worker()
    boss.on('remind', async () => {
      await known.send('Hurry up.')
      return 'reminded'
    })
    boss.on('close', () => {
      done('closed')
      return 'closed'
    })
    await boss.send('Look after the worker.')
    return wait<string>()
  },
  { timeoutMs: 3_600_000 },
)

let orders = 0

/** Numbers its orders across runs: a second run of the same goes on counting. */
export const countsOutside = agentProcess(
  'countsOutside',
  async () => {
    const clerk = await agent('clerk')
    clerk.on('order', () => {
      orders += 1
      done(`order ${orders}`)
      return 'ordered'
    })
    await clerk.send('Order.')
    return wait<string>()
  },
  { timeoutMs: 3_600_000 },
)

/** Wants an agent within a second, and a timer that is late makes it miss that. */
export const trustsTimers = agentProcess('trustsTimers', async () => {
  const startedMs = Date.now()
  await sleep(1_000)
  const tookMs = Date.now() - startedMs
  if (tookMs > 2_000) throw new Error(`woke up after ${tookMs} ms`)
  return 'in time'
})

/** Forgets a worker whose connection was lost for a moment. */
export const forgetsTheAbsent = agentProcess('forgetsTheAbsent', async () => {
  const worker = await agent('worker', { graceMs: 10_000 })
  let isThere = true
  void (async () => {
    for await (const { type } of worker.events) if (type === 'disconnected') isThere = false
  })()
  worker.on('finish', () => {
    if (isThere) done('finished')
    return isThere ? 'thank you' : 'who are you?'
  })
  await worker.send('Work.')
  return wait<string>()
})

/** Publishes without a limit: a registry that does not answer holds it for ever. */
export const trustsSteps = agentProcess('trustsSteps', async () => {
  const version = await step('next version', async () => '1.2.0')
  await step('publish', async () => 'published')
  return version
})

/** Swallows what a step says: it reports as published what was not. */
export const swallowsSteps = agentProcess('swallowsSteps', async () => {
  await step('publish', async () => 'published').catch(() => null)
  emit('published', null)
  return 'published'
})

/** Whoever asks from outside can have it begin the same order twice. */
export const takesOrdersTwice = agentProcess(
  'takesOrdersTwice',
  async () => {
    const cook = await agent('cook')
    const served: number[] = []
    cook.on<{ order: number }>('serve', { input: ORDER }, ({ order }) => {
      served.push(order)
      done(served)
      return 'served'
    })
    expose('order', { input: ORDER }, ({ order }) => {
      emit('ordered', order)
      return `number ${order}`
    })
    await cook.send('Cook what is ordered.')
    return wait<number[]>()
  },
  { timeoutMs: 3_600_000 },
)

/** Looks whether there is work, then goes to sleep until somebody wakes it: whoever comes in between wakes nobody. */
export const losesTheWakeUp = agentProcess('losesTheWakeUp', async () => {
  const queue: string[] = []
  let wake: (() => void) | null = null
  const producer = await agent('producer')
  producer.on<{ text: string }>('put', { input: TEXT }, ({ text }) => {
    queue.push(text)
    wake?.()
    return 'queued'
  })
  await producer.send('Put something into the queue.')
  const box = await machine()
  if (queue.length === 0) {
    await box.exec('git fetch')
    await new Promise<void>((resolve) => void (wake = resolve))
  }
  return queue[0] ?? ''
})

/** Answers only once somebody else has called: an agent that asks alone is never answered. */
export const leavesOneUnanswered = agentProcess('leavesOneUnanswered', async () => {
  const both = new Map<string, () => void>()
  for (const name of ['left', 'right']) {
    const side = await agent(name)
    side.on('meet', async () => {
      await new Promise<void>((resolve) => {
        both.set(name, resolve)
        if (both.size === 2) for (const go of both.values()) go()
      })
      return 'met'
    })
    await side.send('Meet the other one.')
  }
  return wait()
})

/** Says what is paid before it has asked whether it is: killed in between, the log says too much. */
export const saysBeforeItKnows = agentProcess('saysBeforeItKnows', async () => {
  emit('paid', null)
  const { ok } = await (await machine()).exec('pay')
  if (!ok) throw new Error('not paid')
  return 'paid'
})
