import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { summarize } from '../../examples/summarize.ts'
import { writer } from './agents/summarize.ts'
import { again, IDENTICAL, ofType, play, tempFolder } from './play.ts'

describe('summarize', () => {
  test('ends with the summary that its agent submits', async () => {
    const document = await documentOf('A title\n\nThe last words.\n')
    const { outcome, entries } = await play(summarize, [document], writer)
    expect(outcome).toMatchObject({ status: 'fulfilled', value: expect.stringContaining('the last line is: The last words.') })
    expect(ofType(entries, 'message').map(({ data }) => data.text)).toEqual([`Summarize ${document}:\n\nA title\n\nThe last words.\n`])
  })

  test('refuses an empty summary in words that name the field', async () => {
    const { entries } = await play(summarize, [await documentOf('text')], writer)
    expect(ofType(entries, 'tool_result').map(({ data }) => data.error ?? data.result)).toEqual([
      expect.stringMatching(/^The arguments of 'submit' do not fit: summary: /),
      'Thank you.',
    ])
  })

  test('fails, before any agent is started, when there is no such document', async () => {
    const { outcome, entries } = await play(summarize, ['/no/such/document'], writer)
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'ENOENT' } })
    expect(ofType(entries, 'agent_created')).toEqual([])
    expect(await again(summarize, entries)).toEqual(IDENTICAL)
  })

  test('reruns identically, a document longer than a line of the log as well, when the document is gone', async () => {
    const document = await documentOf(`${'a long sentence, '.repeat(20_000)}\nThe end.`)
    const { entries } = await play(summarize, [document], writer)
    await rm(document)
    expect(await again(summarize, entries)).toEqual(IDENTICAL)
  })
})

async function documentOf(text: string): Promise<string> {
  const path = join(tempFolder(), 'document.md')
  await writeFile(path, text)
  return path
}
