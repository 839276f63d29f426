import { describe, expect, test } from 'vitest'
import { sleep } from '../../src/runtime/effects.ts'
import { agentProcess, bubble, emit, type ProcessHandle, spawn, wait } from '../../src/runtime/process.ts'
import { codeOf, record } from './harness.ts'

const counting = agentProcess('counting', async (upTo: number) => {
  for (let n = 1; n <= upTo; n += 1) {
    emit('count', n)
    await sleep(1)
  }
  return 'end'
})

async function typesOf(handle: ProcessHandle): Promise<string[]> {
  const types: string[] = []
  for await (const { type } of handle.events) types.push(type)
  return types
}

describe('the events of a process', () => {
  test('come to every iterator from the first on, early or late, and end with the outcome', async () => {
    const recording = await record(async () => {
      const handle = spawn(counting, 3)
      const early = typesOf(handle)
      await handle.events.listenFor('count', { where: ({ data }) => data === 2 })
      const middle = typesOf(handle)
      await handle.result
      return [await early, await middle, await typesOf(handle), handle.events.closed]
    })
    const all = ['count', 'count', 'count', 'done']
    expect(recording.value()).toEqual([all, all, all, true])
  })

  test('stop for an iterator that was left, and only for that one', async () => {
    const recording = await record(async () => {
      const handle = spawn(counting, 3)
      const other = typesOf(handle)
      for await (const { data } of handle.events) if (data === 1) break
      return other
    })
    expect(recording.value()).toHaveLength(4)
  })

  test('end with done and the result, failed and the message, cancelled and null', async () => {
    const ends = [
      agentProcess('a', async () => ({ n: 1 })),
      agentProcess('b', async () => Promise.reject(new Error('broke'))),
      agentProcess('c', () => wait()),
    ]
    const recording = await record(async () => {
      const handles = ends.map((end) => spawn(end as typeof counting, 0))
      void handles[2]?.cancel()
      return Promise.all(handles.map(async (handle) => (await Array.fromAsync(handle.events)).at(-1)))
    })
    expect(recording.value()).toEqual([
      { type: 'done', data: { n: 1 }, source: null },
      { type: 'failed', data: 'broke', source: null },
      { type: 'cancelled', data: null, source: null },
    ])
  })

  test('keep the order of emit, hold JSON, and what is emitted cannot be changed afterwards', async () => {
    const child = agentProcess('child', async () => {
      const data = { list: [1] as unknown[], when: new Date(0), none: undefined }
      const event = emit('first', data)
      data.list.push(2)
      emit('second')
      return event
    })
    const recording = await record(async () => {
      const handle = spawn(child)
      return [await handle.result, (await Array.fromAsync(handle.events)).slice(0, 2)]
    })
    const first = { type: 'first', data: { list: [1], when: '1970-01-01T00:00:00.000Z' } }
    expect(recording.value()).toEqual([
      first,
      [
        { ...first, source: null },
        { type: 'second', data: null, source: null },
      ],
    ])
  })

  test('have names: those of the end and unprintable ones are refused', async () => {
    const names = ['done', 'failed', 'cancelled', '', 'a\nb', '\u202e', 'x'.repeat(201)]
    const recording = await record(async () => Promise.all(names.map((name) => codeOf(() => emit(name)))))
    expect(recording.value()).toEqual(['ERR_EVENT_RESERVED', 'ERR_EVENT_RESERVED', 'ERR_EVENT_RESERVED', ...Array(4).fill('ERR_BAD_NAME')])
    expect((await record(async () => emit('any thing/printable 🦊 __proto__'))).value()).not.toBeNull()
  })
})

describe('subscribe', () => {
  test('calls back synchronously, with what came before only when asked to', async () => {
    const recording = await record(async () => {
      const [late, all] = [[] as unknown[], [] as unknown[]]
      const handle = spawn(counting, 2)
      const stop = handle.events.subscribe((event) => late.push(event.data))
      handle.events.subscribe((event) => all.push(event.data), { replay: true })
      await handle.events.listenFor('count')
      stop()
      stop()
      await handle.result
      return [late, all]
    })
    expect(recording.value()).toEqual([[2], [1, 2, 'end']])
  })

  test('drops a callback that throws, and nobody else notices', async () => {
    const recording = await record(async () => {
      let called = 0
      const handle = spawn(counting, 3)
      handle.events.subscribe(() => {
        called += 1
        throw new Error('bad subscriber')
      })
      return [await typesOf(handle), called]
    })
    expect(recording.value()).toEqual([['count', 'count', 'count', 'done'], 1])
  })

  test('runs the callback in the scope that subscribed, whoever emits', async () => {
    const recording = await record(async () => {
      const handle = spawn(counting, 2)
      handle.events.subscribe((event) => event.type === 'count' && emit('heard', event.data))
      await handle.result
    })
    expect(
      recording
        .of('emit')
        .filter(({ data }) => data.event === 'heard')
        .map(({ scope }) => scope),
    ).toEqual(['/main#0'])
  })
})

describe('listenFor', () => {
  test('gives the next event that fits, null at the end and null after the timeout', async () => {
    const recording = await record(async () => {
      const handle = spawn(counting, 3)
      const { events } = handle
      const next = await events.listenFor()
      const chosen = await events.listenFor('count', { where: ({ data }) => (data as number) > 2 })
      const past = await events.listenFor('count', { replay: true })
      const never = await events.listenFor('nothing')
      const idle = spawn(agentProcess('idle', () => wait()))
      return [
        next?.data,
        chosen?.data,
        past?.data,
        never,
        await events.listenFor('count'),
        await idle.events.listenFor('x', { timeoutMs: 5 }),
      ]
    })
    expect(recording.value()).toEqual([2, 3, 1, null, null, null])
  })

  test('rejects when where throws, and clears its timer', async () => {
    const where = () => {
      throw new TypeError('bad where')
    }
    const recording = await record(async () => codeOf(() => spawn(counting, 3).events.listenFor('count', { where, timeoutMs: 60_000 })))
    expect(recording.value()).toBe('TypeError')
    expect(recording.of('timer_cleared')).toHaveLength(1)
  })
})

describe('bubble', () => {
  const inner = agentProcess('inner', async () => {
    await sleep(1)
    emit('news', { n: 1 })
  })
  const outer = agentProcess('outer', async (source?: string) => {
    const handle = spawn(inner)
    bubble(handle, source === undefined ? {} : { source })
    await handle.result
    emit('own')
  })

  test('forwards events untouched, without their end; the source is null unless given', async () => {
    const recording = await record(async () => Array.fromAsync(spawn(outer).events))
    expect(recording.value()).toEqual([
      { type: 'news', data: { n: 1 }, source: null },
      { type: 'own', data: null, source: null },
      { type: 'done', data: undefined, source: null },
    ])
  })

  test('tags them, and the deepest tag stays', async () => {
    const recording = await record(async () => {
      const handle = spawn(outer, 'deep')
      bubble(handle, { source: 'shallow' })
      await handle.result
    })
    const news = recording.of('emit').map(({ scope, source, data }) => [scope, data.event, source])
    expect(news).toEqual([
      ['/main#0/outer#0/inner#0', 'news', undefined],
      ['/main#0/outer#0', 'news', 'deep'],
      ['/main#0', 'news', 'deep'],
      ['/main#0/outer#0', 'own', undefined],
      ['/main#0', 'own', 'shallow'],
    ])
  })

  test('stops when told, any number of times, and takes handles only', async () => {
    const recording = await record(async () => {
      const handle = spawn(inner)
      const stop = bubble(handle)
      stop()
      stop()
      await handle.result
      return codeOf(() => bubble({ events: handle.events } as never))
    })
    expect(recording.value()).toBe('TypeError')
    expect(recording.of('emit')).toHaveLength(1)
  })

  test('of an ended child gives what it said before; of a child that outlives nothing after', async () => {
    const recording = await record(async () => {
      const handle = spawn(inner)
      await handle.result
      bubble(handle, { source: 'past' })
    })
    expect(recording.of('emit').map(({ source }) => source)).toEqual([undefined, 'past'])
  })
})
