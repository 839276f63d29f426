/** A live run in a real browser: what is new appears by itself, and the end is told. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { sayEntry } from '../../src/cli/say-entry.ts'
import { serveLivePage } from '../../src/export/live-page.ts'
import { pageAssets } from '../../src/export/page-file.ts'
import { jsonlStore } from '../../src/log/jsonl.ts'
import { redactor } from '../../src/log/redact.ts'
import { makeHome, openRun } from '../cli/home.ts'
import { reviewLog } from '../projections/review-log.ts'
import { open, startBrowser } from './browser.ts'

const RUN = 'brisk-otter-4q7m2xk9'

let browser: Browser
beforeAll(async () => void (browser = await startBrowser()))
afterAll(() => browser.close())

async function served(until: number) {
  const home = makeHome()
  const log = openRun(home, RUN)
  const drafts = reviewLog().map(({ seq: _seq, time: _time, ...draft }) => draft)
  const write = (from: number, to?: number): void => {
    for (const draft of drafts.slice(from, to)) log.append(draft)
    log.flush()
  }
  write(0, until)
  const store = jsonlStore(home.logs)
  const live = await serveLivePage({ store, run: RUN, assets: await pageAssets(), say: sayEntry, redact: redactor({}), now: Date.now })
  onTestFinished(async () => {
    await live.close()
    await log.close()
  })
  return { live, log, write }
}

describe('the page of a live run', () => {
  it('shows what was, then what comes, then how it ended, and asks only its own server', async () => {
    const { live, log, write } = await served(20)
    const { page, complaints, requests } = await open(browser, live.url)
    const text = (selector: string) => page.locator(selector).textContent()
    await expect.poll(() => text('.list .count')).toMatch(/of 20 entries$/)
    await expect.poll(() => text('.badge')).toBe('● running')
    expect(await text('.live')).toBe('● live')
    write(20, 30)
    await expect.poll(() => text('.list .count')).toMatch(/of 30 entries$/)
    await expect.poll(() => text('.problems h2')).toMatch(/problems/)
    write(30)
    await log.close()
    await expect.poll(() => text('.badge')).toBe('✔ completed')
    await expect.poll(() => text('.live')).toBe('■ the run has ended')
    expect(await text('.list .count')).toMatch(/of 41 entries$/)
    expect(complaints).toEqual([])
    expect(requests.every((address) => address.startsWith(live.url))).toBe(true)
  })

  it('fetches an entry when it is opened', async () => {
    const { live } = await served(30)
    const { page, complaints } = await open(browser, live.url)
    await expect.poll(() => page.locator('.list .count').textContent()).toMatch(/of 30 entries$/)
    await page.locator('.row', { hasText: '#23' }).click()
    await expect.poll(() => page.locator('.details .value').textContent()).toContain('for (;;) {}')
    expect(complaints).toEqual([])
  })

  it('finds words in data that it has not got, also in what comes while it looks', async () => {
    const { live, write } = await served(20)
    const { page, complaints } = await open(browser, live.url)
    await expect.poll(() => page.locator('.list .count').textContent()).toMatch(/of 20 entries$/)
    await page.keyboard.press('/')
    await page.keyboard.type('"total_tokens"')
    await expect.poll(() => page.locator('.list .count').textContent()).toBe('1 of 20 entries match')
    write(20, 30)
    await expect.poll(() => page.locator('.list .count').textContent()).toBe('2 of 30 entries match')
    expect(complaints).toEqual([])
  })

  it('goes to the entry of its address when that has come', async () => {
    const { live, write } = await served(10)
    const { page } = await open(browser, live.url, { hash: '#e23' })
    await expect.poll(() => page.locator('.list .count').textContent()).toMatch(/of 10 entries$/)
    write(10, 30)
    await expect.poll(() => page.locator('.row[aria-selected=true] .seq').textContent()).toBe('#23')
  })
})
