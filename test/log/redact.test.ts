import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import type { Json } from '../../src/log/events.ts'
import { toJson } from '../../src/log/json.ts'
import { recorded } from '../../src/log/recorded.ts'
import { learningRedactor, redactor } from '../../src/log/redact.ts'

const awkward = 'pa"ss\\wo\nrd é 🦦'
const ENV = { OPENAI_API_KEY: 'correct-horse-battery', DB_PASSWORD: awkward, PATH: '/usr/bin' }
const mask = redactor(ENV)

describe('values of secret variables', () => {
  test('are masked by name wherever a string holds them, keys included', () => {
    const data = { text: `use correct-horse-battery now`, list: [awkward], 'k correct-horse-battery': { deep: `x${awkward}y` }, count: 3 }
    expect(mask(data)).toStrictEqual({
      text: 'use ‹masked:OPENAI_API_KEY› now',
      list: ['‹masked:DB_PASSWORD›'],
      'k ‹masked:OPENAI_API_KEY›': { deep: 'x‹masked:DB_PASSWORD›y' },
      count: 3,
    })
  })

  test('are found by one look at the encoded text, however JSON escapes them', () => {
    expect(mask.suspects(JSON.stringify({ a: awkward }))).toBe(true)
    expect(mask.suspects(JSON.stringify({ a: ['correct-horse-battery'] }))).toBe(true)
    expect(mask.suspects(JSON.stringify({ a: 'nothing to see, task-12 done, /usr/bin' }))).toBe(false)
  })

  test('do not swallow the value of another key', () => {
    const two = redactor({ A_TOKEN: 'aaaaaaaaaa' })
    expect(two({ aaaaaaaaaa: 1, '‹masked:A_TOKEN›': 2 })).toStrictEqual({ '‹masked:A_TOKEN›': 2 })
    expect(two({ '‹masked:A_TOKEN›': 2, aaaaaaaaaa: 1 })).toStrictEqual({ '‹masked:A_TOKEN›': 2, '‹masked:A_TOKEN› 2': 1 })
  })

  test('are masked whole when one contains another', () => {
    const both = redactor({ SHORT_KEY: 'abcdefgh', LONG_KEY: 'abcdefgh-ijkl' })
    expect(both(['abcdefgh-ijkl', 'abcdefgh'])).toStrictEqual(['‹masked:LONG_KEY›', '‹masked:SHORT_KEY›'])
  })

  test.each([
    'GITHUB_TOKEN',
    'NPMTOKEN',
    'AWS_SECRET_ACCESS_KEY',
    'db_password',
    'MYSQL_PWD',
    'APP_CREDENTIALS',
    'X_AUTH',
    'SESSION_COOKIE',
    'OPENAI_APIKEY',
  ])('%s looks secret', (name) => {
    expect(redactor({ [name]: 'hunter2hunter2' })('hunter2hunter2')).toBe(`‹masked:${name}›`)
  })

  test.each([
    ['a short value', { A_KEY: 'short' }, 'short'],
    ['a number', { MAX_TOKENS: '100000000' }, '100000000'],
    ['a path', { SSH_AUTH: '/run/user/1000/agent.sock' }, '/run/user/1000/agent.sock'],
    ['a path to a secret', { GOOGLE_APPLICATION_CREDENTIALS: '~/keys/service-account.json' }, '~/keys/service-account.json'],
    ['what a token is like, not the token', { TOKEN_TYPE: 'personal-access' }, 'personal-access'],
    ['the working directory', { PWD: 'somewhere-else' }, 'somewhere-else'],
    ['a keyboard', { KEYBOARD_LAYOUT: 'neo-bone-layout' }, 'neo-bone-layout'],
    ['a plain word', { API_KEY: 'undefined' }, 'undefined'],
  ])('%s is left alone', (_, env, text) => {
    expect(redactor(env)(text)).toBe(text)
  })

  test('a random key is no path, though it begins with a slash', () => {
    expect(redactor({ A_SECRET: '/aB3dE5fG7hI9jK1lM3nO5' })('/aB3dE5fG7hI9jK1lM3nO5')).toBe('‹masked:A_SECRET›')
  })
})

describe('shapes of keys', () => {
  const letters = 'aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5z'
  test.each([
    ['openai_key', `sk-${letters}`],
    ['openai_key', `sk-proj-${letters}_-x`],
    ['anthropic_key', `sk-ant-api03-${letters}`],
    ['github_token', `ghp_${letters}`],
    ['github_token', `gho_${letters}`],
    ['github_token', `github_pat_${letters}_x`],
    ['aws_key', 'AKIAIOSFODNN7EXAMPLE'],
    ['slack_token', 'xoxb-123456789012-abcdef'],
    ['google_key', `AIza${letters}`],
    ['private_key', '-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc=\n-----END RSA PRIVATE KEY-----'],
    ['jwt', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl'],
  ])('%s is masked without being in the environment', (name, key) => {
    const plain = redactor({})
    expect(plain({ text: `before ${key} after` })).toStrictEqual({ text: `before ‹masked:${name}› after` })
    expect(plain.suspects(JSON.stringify(`before ${key}`))).toBe(true)
  })

  test('a bearer token is masked, the word before it stays', () => {
    expect(redactor({})('Authorization: Bearer abcdefghij0123456789KLM==')).toBe('Authorization: Bearer ‹masked:bearer_token›')
  })

  test.each([
    'task-implement-the-whole-thing-now',
    'sk-learn is a library',
    'risk-aaaaaaaaaaaaaaaaaaaaaaaa',
    'the bearer of this letter',
    'xox',
    'eyJ.a.b',
  ])('%j is no key', (text) => {
    expect(redactor({})(text)).toBe(text)
  })
})

describe('JSON web tokens', () => {
  const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl'

  test.each([
    ['behind a word', `token-${jwt}`, 'token-‹masked:jwt›'],
    ['behind something that only begins like one', `eyJ-eyJ.x.eyJaaaaaaaa.${jwt}!`, 'eyJ-eyJ.x.‹masked:jwt›.c2lnbmF0dXJl!'],
    ['twice', `${jwt} ${jwt}`, '‹masked:jwt› ‹masked:jwt›'],
    ['without a signature', 'eyJhbGciOiJub25lIn0.eyJzdWIiOiIxMjM0In0.', '‹masked:jwt›'],
  ])('are masked %s', (_, text, masked) => {
    expect(redactor({})(text)).toBe(masked)
  })

  test.each([
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWI.x',
    'eyJhbGci.eyJzdWIiOiIxMjM0In0.x',
    `x${jwt}`.replaceAll('.eyJ', '.abc'),
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0',
  ])('%j is none', (text) => {
    expect(redactor({})(text)).toBe(text)
  })
})

test.each([
  '-eyJ',
  '_eyJaaaaaaaa',
  'eyJaaaaaaaa.',
  'eyJaaaaaaaa.-eyJaaaaa',
  '-----BEGIN PRIVATE KEY',
  '-----BEGIN ',
  'sk-',
  'Bearer ',
  'ghp_',
  '‹masked:',
])('four megabytes of %j are searched in a moment', (piece) => {
  const startedAt = performance.now()
  redactor({ A_TOKEN: 'correct-horse' })(piece.repeat((4 * 1024 * 1024) / piece.length))
  // Quadratic, this took from a minute to an hour.
  expect(performance.now() - startedAt).toBeLessThan(10_000)
})

const secret = fc.string({
  unit: fc.constantFrom('a', 'b', '"', '\\', '\n', '‹', '›', 'masked:', 'é', '🦦', 's', 'k', '-', '$', '(', '/'),
  minLength: 8,
  maxLength: 14,
})
const around = fc.array(fc.oneof(fc.constant('sk-aaaaaaaaaaaaaaaaaaaaaa'), fc.string({ maxLength: 3 }), fc.constantFrom('ONE', 'TWO')), {
  maxLength: 6,
})

property.prop([secret, secret, around])('masking twice is masking once, JSON stays JSON, and no secret is left', (one, two, parts) => {
  const both = redactor({ ONE_KEY: one, TWO_KEY: two })
  const text = parts.map((part) => (part === 'ONE' ? one : part === 'TWO' ? two : part)).join('')
  const data: Json = toJson({ [text]: [text, { text }] })
  const masked = both(data)
  expect(both(masked)).toStrictEqual(masked)
  const { text: encoded, data: kept } = recorded({ type: 'emit', by: 'program', scope: '/', data: { event: 'x', data } }, both)
  expect(kept).toStrictEqual({ event: 'x', data: masked })
  expect(JSON.parse(encoded)).toStrictEqual(kept)
})

property.prop([secret, fc.string(), fc.string()])('a secret never survives inside a text', (value, before, after) => {
  fc.pre(value.trim().length >= 8 && !/[‹›]|masked/.test(value) && !/^[/.~]/.test(value.trim()))
  const masked = redactor({ ONE_KEY: value })(`${before}${value}${after}`)
  expect(masked).not.toContain(value.trim())
})

test('data without anything to mask is the same object', () => {
  const data = { a: ['plain', { b: 1 }] }
  expect(mask(data)).toBe(data)
})

test('variables that become known later are masked from then on, each secret under the name that it was first known by', () => {
  const learning = learningRedactor(ENV)
  const text = 'correct-horse-battery and sea-otter-raft'
  expect(learning(text)).toBe('‹masked:OPENAI_API_KEY› and sea-otter-raft')
  expect(learning.suspects('"sea-otter-raft"')).toBe(false)
  learning.learn({ ...ENV, COPY_OF_TOKEN: 'correct-horse-battery', RAFT_SECRET: 'sea-otter-raft', PLAIN: 'sea-otter' })
  expect(learning(text)).toBe('‹masked:OPENAI_API_KEY› and ‹masked:RAFT_SECRET›')
  expect(learning.suspects('"sea-otter-raft"')).toBe(true)
})
