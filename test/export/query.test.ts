import { fc, it as property } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { query } from '../../src/export/query.ts'
import type { Row } from '../../src/export/row.ts'
import { reviewLog } from '../projections/review-log.ts'
import { rowsOf } from './rows.ts'

const rows = rowsOf(reviewLog())
const count = (text: string): number => rows.filter((row) => query(text)?.matches(row) ?? true).length
const types = (text: string): string[] => [...new Set(rows.filter((row) => query(text)?.matches(row) ?? true).map((row) => row.type))]

describe('a filter', () => {
  it('wants everything when it is empty', () => {
    expect([query(''), query('   '), query('-')]).toEqual([null, null, null])
  })

  it('looks for words in any order and case, all of them', () => {
    expect(types('SUBMIT tc-1')).toEqual(['tool_call', 'tool_result'])
    expect(count('submit nowhere')).toBe(0)
    expect(types('"npm test"')).toEqual(['pi_tool_start'])
  })

  it('looks at one field, with * for any letters and commas for alternatives', () => {
    expect(types('type:tool_*')).toEqual(['tool_call', 'tool_result'])
    expect(types('type:done,usage')).toEqual(['usage', 'done'])
    expect(count('agent:builder')).toBe(rows.filter((row) => row.agent === 'builder' || row.from === 'builder').length)
    expect(types('by:runtime')).toContain('warning')
    expect(types('scope:e2e')).toContain('process_failed')
  })

  it('turns a term around with - and finds problems and numbers', () => {
    expect(count('-agent:builder') + count('agent:builder')).toBe(rows.length)
    expect(types('is:problem')).toEqual(['send_refused', 'process_failed'])
    expect(types('is:failed')).toEqual(['send_refused', 'process_failed'])
    expect(types('is:message')).toEqual(['message'])
    expect(rows.filter((row) => query('#7')?.matches(row)).map((row) => row.seq)).toEqual([7])
  })

  it('looks for words in the whole data as well, of which a line says only the beginning', () => {
    const [row] = rows as [Row]
    const data = JSON.stringify({ code: `${'x'.repeat(500)}\nreturn "Fizz"` }).toLowerCase()
    expect([query('Fizz')?.matches(row), query('Fizz')?.matches(row, data)]).toEqual([false, true])
    expect(query('return -Fizz')?.matches(row, data)).toBe(false)
    expect(query('a\\b')?.matches(row, JSON.stringify({ path: 'a\\b' }))).toBe(true)
    expect(['Fizz', '-Fizz', 'agent:builder', 'is:failed'].map((text) => query(text)?.looksAtData)).toEqual([true, true, false, false])
  })

  it('wants details when it names what it wants, not when it names who or how', () => {
    const wants = ['usage', 'type:usage', '#7', 'agent:builder', 'is:failed', '-usage'].map((text) => query(text)?.wantsDetails)
    expect(wants).toEqual([true, true, true, false, false, false])
  })

  it('takes what is no field as a word', () => {
    expect(count('colour:red')).toBe(0)
    expect(count('type:')).toBe(0)
  })

  property.prop([fc.string()])('can be any text', (text) => {
    expect(rows.filter((row) => query(text)?.matches(row) ?? true).length).toBeLessThanOrEqual(rows.length)
  })
})
