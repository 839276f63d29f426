import { type Duplex, Writable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { outlets } from '../../src/wire/outlet.ts'

/** A socket that keeps what it gets, one element a write; `takes` false: it takes nothing until `take` is called. */
function socketOf(takes = true) {
  const writes: Buffer[] = []
  const parked: (() => void)[] = []
  const done = (callback: () => void) => void (takes ? callback() : parked.push(callback))
  const socket = new Writable({
    write(chunk: Buffer, _encoding, callback) {
      writes.push(chunk)
      done(callback)
    },
    writev(chunks, callback) {
      writes.push(Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer)))
      done(callback)
    },
  })
  // The cast: an outlet only ever writes.
  return { writes, socket: socket as unknown as Duplex, take: () => parked.splice(0).forEach((next) => next()) }
}

const frame = (text: string) => Buffer.from(text)
const always = () => true

describe('an outlet', () => {
  test('writes what came in one turn at once, at the end of the turn', async () => {
    const { socket, writes } = socketOf()
    const outlet = outlets(() => false).open(socket, always)
    outlet.write(frame('a'))
    await Promise.resolve()
    outlet.write(frame('b'))
    expect(writes).toEqual([])
    expect(outlet.queuedBytes()).toBe(2)
    await turn()
    expect(writes.map(String)).toEqual(['ab'])
    expect(outlet.queuedBytes()).toBe(0)
  })

  test('holds what comes while the run is behind, and lets go as soon as it has caught up', async () => {
    let behind = true
    let turns = 0
    const { socket, writes } = socketOf()
    const outlet = outlets(() => behind).open(socket, always)
    for (; turns < 3; turns += 1) {
      outlet.write(frame('x'))
      await Promise.resolve()
    }
    expect(writes).toEqual([])
    behind = false
    await turn()
    await turn()
    expect(writes.map(String)).toEqual(['xxx'])
  })

  test('does not hold anything for ever when the run stays behind', async () => {
    const { socket, writes } = socketOf()
    outlets(() => true)
      .open(socket, always)
      .write(frame('late'))
    while (writes.length === 0) await turn()
    expect(writes.map(String)).toEqual(['late'])
  })

  test('gives readers of the same frames the same bytes, and others their own', async () => {
    const shared = outlets(() => false)
    const [one, two, other] = [socketOf(), socketOf(), socketOf()]
    const [a, b, c] = [frame('a'), frame('b'), frame('c')]
    for (const { socket } of [one, two]) [a, b].forEach(shared.open(socket, always).write)
    ;[a, c].forEach(shared.open(other.socket, always).write)
    await turn()
    expect(one.writes[0]).toBe(two.writes[0])
    expect([one, two, other].map(({ writes }) => writes.map(String))).toEqual([['ab'], ['ab'], ['ac']])
  })

  test('drops what is written to a connection that has closed, even when it was open at the time', async () => {
    let isOpen = true
    const { socket, writes } = socketOf()
    const outlet = outlets(() => false).open(socket, () => isOpen)
    outlet.write(frame('too late'))
    isOpen = false
    outlet.write(frame('much too late'))
    expect(outlet.queuedBytes()).toBe(8)
    await turn()
    expect(writes).toEqual([])
  })

  test('counts as drained only what the socket has taken', async () => {
    const { socket, writes, take } = socketOf(false)
    const outlet = outlets(() => true).open(socket, always)
    outlet.write(Buffer.alloc(100_000))
    let isDrained = false
    const drained = outlet.drained().then(() => (isDrained = true))
    await turn()
    expect(writes).toHaveLength(1)
    expect(isDrained).toBe(false)
    take()
    await drained
  })

  test('does not hold back more than a bounded number of bytes, behind or not', () => {
    const { socket, writes } = socketOf()
    const outlet = outlets(() => true).open(socket, always)
    for (let n = 0; n < 100; n += 1) outlet.write(Buffer.alloc(10_000))
    expect(outlet.queuedBytes()).toBeLessThan(300_000)
    expect(writes.length).toBeGreaterThan(1)
  })

  property.prop([fc.array(fc.array(fc.uint8Array({ maxLength: 80_000, minLength: 1 }), { maxLength: 8 }), { maxLength: 5 })], {
    numRuns: 30,
  })('lets every byte out once and in order, whatever the sizes of the frames', async (turns) => {
    const shared = outlets(() => turns.length % 2 === 0)
    const [one, two] = [socketOf(), socketOf()]
    const open = [one, two].map(({ socket }) => shared.open(socket, always))
    for (const frames of turns) {
      for (const outlet of open) frames.forEach(outlet.write)
      await turn()
    }
    await Promise.all(open.map((outlet) => outlet.drained()))
    for (const { writes } of [one, two]) expect(Buffer.concat(writes).equals(Buffer.concat(turns.flat()))).toBe(true)
  })
})
