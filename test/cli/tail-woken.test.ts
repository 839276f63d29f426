/** `tail -f` woken by the run over its control socket, and what becomes of it when that goes. */
import { mkdirSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { RunLog } from '../../src/log/append.ts'
import { type ControlServer, startControl } from '../../src/wire/control.ts'
import type { ControlHost } from '../../src/wire/host.ts'
import { register } from '../../src/wire/registry.ts'
import { upTo } from '../log/entries.ts'
import { reviewLog } from '../projections/review-log.ts'
import { type Home, makeHome, openRun, ramure } from './home.ts'

const RUN = 'brisk-otter-4q7m2xk9'
const DRAFTS = reviewLog().map(({ seq: _seq, time: _time, ...draft }) => draft)

/** A run whose log this test writes, entry by entry. */
function written(home: Home): { readonly log: RunLog; upTo(seq: number): void } {
  const log = openRun(home, RUN)
  return {
    log,
    upTo(seq) {
      for (const draft of DRAFTS.slice(log.lastSeq, seq)) log.append(draft)
      log.flush()
    },
  }
}

async function recorded(home: Home, socket: string): Promise<void> {
  const record = { pid: process.pid, server_url: null, program: null, started_at: new Date().toISOString(), socket }
  await register(join(home.root, 'runtimes'), RUN, record)
}

/** Where `socket` would be. */
function place(home: Home): string {
  mkdirSync(join(home.root, 'runtimes'), { mode: 0o700 })
  return join(home.root, 'runtimes', `${RUN}.sock`)
}

/** The control socket of `log`; `isAsked` resolves when somebody wants to be told of its writes. */
async function socketOf(home: Home, log: RunLog): Promise<{ readonly server: ControlServer; readonly isAsked: Promise<void> }> {
  const asked = Promise.withResolvers<void>()
  const host = {
    writtenSeq: () => log.lastSeq,
    onWritten(listener: () => void) {
      asked.resolve()
      return log.onWritten(listener)
    },
    // The cast: nothing else of the run is asked for here.
  } as unknown as ControlHost
  const socket = place(home)
  const server = await startControl(host, socket)
  onTestFinished(() => server.close())
  await recorded(home, socket)
  return { server, isAsked: asked.promise }
}

/** `tail -f` from the first entry on; `step` is called when so many entries were shown. */
async function tailed(home: Home, steps: { readonly [shown: number]: () => unknown }): Promise<{ exit: number; seqs: number[] }> {
  const done = new Set<number>()
  const { exit, stdout } = await ramure(home, ['tail', RUN, '-f', '-n', 'all', '--json'], {
    onOutput(text) {
      const shown = text.split('\n').length - 1
      if (done.has(shown)) return
      done.add(shown)
      void steps[shown]?.()
    },
  })
  const seqs = stdout
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { seq: number }).seq)
  return { exit, seqs }
}

describe('ramure tail -f of a live run', () => {
  it('is woken by the run until its end, and shows each entry once', async () => {
    const home = makeHome()
    const run = written(home)
    run.upTo(3)
    const socket = await socketOf(home, run.log)
    const end = () => {
      run.upTo(41)
      void run.log.close().then(() => socket.server.close())
    }
    const { exit, seqs } = await tailed(home, { 3: () => socket.isAsked.then(() => run.upTo(5)), 5: () => run.upTo(20), 20: end })
    expect([exit, seqs]).toEqual([0, upTo(41)])
  })

  it('goes on by the file when the socket vanishes', async () => {
    const home = makeHome()
    const run = written(home)
    run.upTo(3)
    const { server, isAsked } = await socketOf(home, run.log)
    const vanish = () => server.close().then(() => run.upTo(20))
    const end = () => {
      run.upTo(41)
      void run.log.close()
    }
    const { exit, seqs } = await tailed(home, { 3: () => isAsked.then(() => run.upTo(5)), 5: vanish, 20: end })
    expect([exit, seqs]).toEqual([0, upTo(41)])
  })

  it.each(['a run that hangs', 'nobody'])('does not wait for %s behind the socket', async (who) => {
    const home = makeHome()
    const run = written(home)
    run.upTo(3)
    if (who === 'nobody') await recorded(home, place(home))
    else await mute(home)
    const end = () => {
      run.upTo(41)
      void run.log.close()
    }
    const { exit, seqs } = await tailed(home, { 3: () => run.upTo(20), 20: end })
    expect([exit, seqs]).toEqual([0, upTo(41)])
  })
})

/** Takes connections and says nothing. */
async function mute(home: Home): Promise<void> {
  const taken: Socket[] = []
  const path = place(home)
  const server = await new Promise<Server>((resolve) => {
    const made = createServer((socket) => void taken.push(socket.on('error', () => {}))).listen(path, () => resolve(made))
  })
  onTestFinished(() => {
    for (const socket of taken) socket.destroy()
    server.close()
  })
  await recorded(home, path)
}
