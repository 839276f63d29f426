import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { writeAgentFile } from '../../src/wire/agent-file.ts'
import { served, TOKENS, upTo } from './client.ts'
import { RUN } from './host.ts'

const CLIENT = fileURLToPath(new URL('../fixtures/plain_client.py', import.meta.url))

test('a client in plain Python syncs, registers, calls tools and survives a cut line, with the agent file as its only help', async () => {
  const { server, host } = await served()
  const folder = await mkdtemp(join(tmpdir(), 'ramure-wire-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = await writeAgentFile(folder, { server_url: server.url, execution_id: RUN, agent: 'alice', token: TOKENS.alice })

  const { stdout } = await promisify(execFile)('python3', [CLIENT, file], { timeout: 15_000 })

  expect(JSON.parse(stdout)).toEqual({
    seqs: upTo(7),
    types: ['register', 'registered', 'tool_call', 'tool_result', 'tool_call', 'tool_result', 'note'],
    origins: ['agent', 'server'],
    first: 'grüße',
    second: { n: 2 },
    outbox: 0,
  })
  // Whether the cut call had arrived or was sent again: it was made once.
  expect(host.entries.get('alice')!.filter(({ type }) => type === 'tool_call')).toHaveLength(2)
  await host.until(() => host.gone.length > 0)
})
