import { expect, test } from 'vitest'
import { admit } from '../../src/wire/admission.ts'

/** Asks for a path with a token, and says which names the host was asked about. */
function ask(path: string, headers: Record<string, string> = { authorization: 'Bearer secret' }) {
  const asked: string[] = []
  const token = (agent: string) => {
    asked.push(agent)
    return agent === 'alice' ? 'secret' : null
  }
  return { verdict: admit({ url: path, headers }, { token, allowedOrigins: ['https://ours.example'] }), asked }
}

test('the host is asked about well-formed names only', () => {
  for (const name of ['../../x', 'a;b', '-t', '😀', '', '__proto__', '%61lice', 'a.b', 'x'.repeat(65)])
    expect(ask(`/agents/${name}/ws`).asked).toEqual([])
  expect(ask('/agents/carol/ws')).toEqual({ verdict: { kind: 'closed', code: 4001, reason: 'unknown agent: carol' }, asked: ['carol'] })
})

test('a query does not change who is asked for', () => {
  expect(ask('/agents/alice/ws?x=/agents/bob/ws').verdict).toEqual({ kind: 'admitted', agent: 'alice', protocol: null })
})

test('the scheme of the token may be written in any case', () => {
  expect(ask('/agents/alice/ws', { authorization: 'bearer secret' }).verdict.kind).toBe('admitted')
})

test.each([
  ['ramure.bearer.secret', 'ramure.bearer.secret'],
  ['ramure.bearer.secret, ramure.msgpack', 'ramure.msgpack'],
  ['ramure.json,ramure.bearer.secret', 'ramure.json'],
  ['chat, ramure.bearer.secret', 'ramure.bearer.secret'],
])('of the offers %j the answer is %j', (offers, protocol) => {
  expect(ask('/agents/alice/ws', { 'sec-websocket-protocol': offers }).verdict).toEqual({ kind: 'admitted', agent: 'alice', protocol })
})

test('no verdict repeats a token', () => {
  for (const shown of ['Bearer secre', 'Bearer secret2', 'secret']) {
    const { verdict } = ask('/agents/alice/ws', { authorization: shown })
    expect(verdict).toMatchObject({ kind: 'refused', status: 401 })
    expect(JSON.stringify(verdict)).not.toContain('secre')
  }
})
