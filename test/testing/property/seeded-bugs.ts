/** Programs that are each wrong in one way, which shows under one fault or in one order only. */
import { agent, agentProcess, connect, done, emit, fail, sleep, spawn, wait } from 'ramure'

const TEXT = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'], additionalProperties: false } as const
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
