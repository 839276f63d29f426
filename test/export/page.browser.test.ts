/** The exported page in a real browser, without any network. */
import { readFileSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { longRun } from '../../bench/support/long-run.ts'
import type { Entry } from '../../src/log/events.ts'
import { reviewLog } from '../projections/review-log.ts'
import { exported, open, startBrowser } from './browser.ts'

let browser: Browser
beforeAll(async () => void (browser = await startBrowser()))
afterAll(() => browser.close())

/** What `reviewLog` lacks: who caused what. */
function withCauses(): Entry[] {
  const causes: { readonly [seq: number]: number } = { 13: 2, 23: 13, 24: 23, 25: 23 }
  return reviewLog().map((entry) => (causes[entry.seq] === undefined ? entry : ({ ...entry, cause: causes[entry.seq] } as Entry)))
}

/** What a line does not show: a word far behind in some code. */
function withLongCode(): Entry[] {
  const code = `${'// nothing to see here\n'.repeat(60)}const needle = "found"`
  return reviewLog().map(
    (entry) => ([23, 26, 32].includes(entry.seq) ? { ...entry, data: { ...entry.data, params: { code } } } : entry) as Entry,
  )
}

const chosen = (page: Page) => page.locator('.row[aria-selected=true] .seq')
const shown = (page: Page) => page.locator('.list .count')
const details = (page: Page) => page.locator('aside.details')

describe('the page', () => {
  it('loads nothing but itself, complains about nothing, and says how the run went', async () => {
    const { page, complaints, requests } = await open(browser, await exported(reviewLog()))
    expect(await page.locator('h1').textContent()).toBe('brisk-otter-4q7m2xk9')
    expect(await page.locator('.badge').textContent()).toBe('✔ completed')
    expect(await page.locator('.facts').textContent()).toContain('cost$0.92 + 1 unpriced')
    expect(await page.locator('.problems h2').textContent()).toBe('4 problems')
    expect(await page.title()).toBe('✔ brisk-otter-4q7m2xk9 · review')
    expect([complaints, requests]).toEqual([[], []])
  })

  it('is one file whose policy lets nothing in from anywhere', async () => {
    const html = readFileSync(await exported(reviewLog()), 'utf8')
    expect(html).toMatch(
      /http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; img-src data:; base-uri 'none'; form-action 'none'"/,
    )
    const outside = html.match(/(?:src|href|action|url)\s*[=(]\s*["']?(?:https?:)?\/\/[^"')\s]+/gi) ?? []
    expect(outside).toEqual([])
  })

  it('lists entries in words; j, k and the arrows go from one to the next', async () => {
    const { page } = await open(browser, await exported(reviewLog()))
    expect(await shown(page).textContent()).toMatch(/^\d+ of 41 entries$/)
    for (const key of ['j', 'j', 'ArrowDown', 'k']) await page.keyboard.press(key)
    await expect.poll(() => chosen(page).textContent()).toBe('#2')
    await page.keyboard.press('End')
    await expect.poll(() => chosen(page).textContent()).toBe('#41')
    expect(await page.locator('.scroller').getAttribute('aria-activedescendant')).toBe('row-41')
    await expect.poll(() => page.url()).toMatch(/#e41$/)
  })

  it('opens an entry with Enter: its data, what led to it and what it led to; Esc closes', async () => {
    const { page } = await open(browser, await exported(withCauses()), { hash: '#e23' })
    await expect.poll(() => details(page).locator('.value').textContent()).toContain('for (;;) {}')
    expect(await details(page).locator('h2').textContent()).toContain('#23tool_call')
    expect(await details(page).locator('.chain').first().locator('.seq').allTextContents()).toEqual(['#13', '#2'])
    expect(await details(page).locator('.chain').last().locator('.seq').allTextContents()).toEqual(['#24', '#25'])
    await page.keyboard.press('c')
    await expect.poll(() => chosen(page).textContent()).toBe('#13')
    await page.keyboard.press('Escape')
    await expect.poll(() => details(page).isVisible()).toBe(false)
    await page.keyboard.press('Enter')
    await expect.poll(() => details(page).isVisible()).toBe(true)
  })

  it('is addressed by entry, also when the address changes and when the entry is a folded detail', async () => {
    const { page } = await open(browser, await exported(reviewLog()), { hash: '#e15' })
    await expect.poll(() => chosen(page).textContent()).toBe('#15')
    await page.evaluate('location.hash = "#e41"')
    await expect.poll(() => chosen(page).textContent()).toBe('#41')
    await page.evaluate('location.hash = "#e999"')
    await expect.poll(() => page.locator('.missing').textContent()).toBe('✗ there is no entry #999 in this run')
    await page.locator('.problems a').first().click()
    await expect.poll(() => details(page).locator('h2').textContent()).toContain('#30process_failed')
    await expect.poll(() => page.url()).toMatch(/#e30$/)
    await expect.poll(() => page.locator('.missing').isVisible()).toBe(false)
  })

  it('filters as one types after /, and is whole again after Esc', async () => {
    const { page } = await open(browser, await exported(reviewLog()))
    const all = await shown(page).textContent()
    await page.keyboard.press('/')
    await page.keyboard.type('type:tool_* submit')
    await expect.poll(() => shown(page).textContent()).toBe('4 of 41 entries match')
    await page.keyboard.press('Escape')
    await expect.poll(() => shown(page).textContent()).toBe(all)
    await page.keyboard.press('d')
    await expect.poll(() => shown(page).textContent()).toBe('41 of 41 entries')
  })

  it('finds words in the whole data, and goes from match to match with Enter, n and N, round and round', async () => {
    const { page, complaints } = await open(browser, await exported(withLongCode()))
    await page.keyboard.press('/')
    await page.keyboard.type('Needle')
    await expect.poll(() => shown(page).textContent()).toBe('3 of 41 entries match')
    await page.keyboard.press('Enter')
    await expect.poll(() => shown(page).textContent()).toBe('3 of 41 entries match · at 1 of 3')
    for (const [key, seq] of [
      ['n', '#26'],
      ['n', '#32'],
      ['n', '#23'],
      ['N', '#32'],
    ] as const) {
      await page.keyboard.press(key)
      await expect.poll(() => chosen(page).textContent()).toBe(seq)
    }
    expect(complaints).toEqual([])
  })

  it('says that nothing matches', async () => {
    const { page } = await open(browser, await exported(reviewLog()))
    await page.keyboard.press('/')
    await page.keyboard.type('nowhere')
    await expect.poll(() => page.locator('.nothing').textContent()).toBe('Nothing matches. Esc clears the filter.')
    expect(await shown(page).textContent()).toBe('0 of 41 entries match')
  })

  it('draws by order when no time passes, and one or the other with o', async () => {
    const still = reviewLog().map((entry) => ({ ...entry, time: '2026-01-01T00:00:00.000Z' })) as Entry[]
    const { page } = await open(browser, await exported(still))
    const by = page.locator('.by')
    expect(await by.textContent()).toBe('by order')
    const box = await page.locator('.timeline canvas').boundingBox()
    // The builder's npm test: entries 16 and 17 of 41.
    await page.mouse.click((box?.x ?? 0) + 188 + (1092 * 15.6) / 40, (box?.y ?? 0) + 26 + 24 + 24 + 14)
    await expect.poll(() => details(page).locator('h2').textContent()).toContain('#16pi_tool_start')
    await page.keyboard.press('o')
    await expect.poll(() => by.textContent()).toBe('by time')
    const { page: timed } = await open(browser, await exported(reviewLog()))
    expect(await timed.locator('.by').textContent()).toBe('by time')
    await timed.keyboard.press('o')
    await expect.poll(() => timed.locator('.by').textContent()).toBe('by order')
  })

  it('goes on paper light and with every line, and comes back', async () => {
    const { page, complaints } = await open(browser, await exported(long(600)), { dark: true })
    const theme = () => page.evaluate('document.documentElement.dataset.theme')
    const lines = () => page.locator('.row:not([hidden])').count()
    const onScreen = await lines()
    await page.evaluate('dispatchEvent(new Event("beforeprint"))')
    expect(await theme()).toBe('light')
    expect(await lines()).toBeGreaterThan(onScreen + 200)
    await page.evaluate('dispatchEvent(new Event("afterprint"))')
    expect([await theme(), await lines()]).toEqual(['dark', onScreen])
    expect(complaints).toEqual([])
  })

  it('has help that names every key, and is left with Esc', async () => {
    const { page } = await open(browser, await exported(reviewLog()))
    await page.keyboard.press('?')
    const dialog = page.getByRole('dialog', { name: 'Help' })
    expect(await dialog.isVisible()).toBe(true)
    for (const key of ['j', '/', 'Enter', 'Esc', '+', 'g', 't', 'p'])
      expect(await dialog.getByText(key, { exact: true }).count(), key).toBeGreaterThan(0)
    await page.keyboard.press('Escape')
    expect(await dialog.isVisible()).toBe(false)
  })

  it('opens what is clicked in the picture', async () => {
    const { page } = await open(browser, await exported(reviewLog()))
    const box = await page.locator('.timeline canvas').boundingBox()
    // The lane of the builder, in the middle of its 14 seconds of npm test.
    await page.mouse.click((box?.x ?? 0) + 851, (box?.y ?? 0) + 26 + 24 + 24 + 14)
    await expect.poll(() => details(page).locator('h2').textContent()).toContain('pi_tool_start')
  })

  it('zooms with wheel and keys and comes back to the whole run', async () => {
    const { page, complaints } = await open(browser, await exported(reviewLog()))
    const picture = () => page.evaluate('document.querySelector(".timeline canvas").toDataURL()')
    const whole = await picture()
    const box = await page.locator('.timeline canvas').boundingBox()
    await page.mouse.move((box?.x ?? 0) + 900, (box?.y ?? 0) + 60)
    await page.mouse.wheel(0, -600)
    await page.keyboard.press('+')
    await page.keyboard.press('l')
    await page.mouse.move(2, 2)
    await expect.poll(picture).not.toBe(whole)
    await page.keyboard.press('0')
    await expect.poll(picture).toBe(whole)
    expect(complaints).toEqual([])
  })

  it('is light or dark as the system says, and turns with t', async () => {
    const file = await exported(reviewLog())
    const back = (page: Page) => page.evaluate('getComputedStyle(document.body).backgroundColor')
    const { page: light } = await open(browser, file)
    const { page: dark } = await open(browser, file, { dark: true })
    const [white, black] = [await back(light), await back(dark)]
    expect(white).not.toBe(black)
    await light.keyboard.press('t')
    expect(await back(light)).toBe(black)
    await dark.keyboard.press('t')
    expect(await back(dark)).toBe(white)
  })

  it('shows what a run says as text, whatever it says', async () => {
    const evil = `</script><img src=x onerror="window.pwned=1"><script>window.pwned=1</script>"'&\u202egnp.\u0000`
    const poison = (value: unknown): unknown => {
      if (typeof value === 'string') return `${value}${evil}`
      if (Array.isArray(value)) return value.map(poison)
      if (typeof value !== 'object' || value === null) return value
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [`${key}`, poison(item)]))
    }
    const log = reviewLog().map((entry) => ({
      ...entry,
      ...(entry.agent === undefined ? {} : { agent: `${entry.agent}${evil}` }),
      scope: `${entry.scope}${evil}`,
      data: { ...(poison(entry.data) as object), [evil]: evil, ...('outcome' in entry.data ? { outcome: 'failed' } : {}) },
    })) as Entry[]
    const { page, complaints, requests } = await open(browser, await exported(log), { hash: '#e23' })
    await expect.poll(() => details(page).locator('.value').textContent()).toContain('<img src=x')
    for (const key of ['d', 'j', 'j', 'Enter', 'p', 'p']) await page.keyboard.press(key)
    expect(await page.locator('img').count()).toBe(0)
    expect(await page.evaluate('window.pwned')).toBeUndefined()
    expect(await page.locator('body').innerText()).not.toContain('\u202e')
    expect([complaints, requests]).toEqual([[], []])
  })

  it.for([
    ['of no entry', 0],
    ['of one entry', 1],
    ['that was cut off', 24],
  ] as const)('shows a run %s', async ([, until]) => {
    const { page, complaints } = await open(browser, await exported(reviewLog(until)))
    for (const key of ['j', 'k', 'Enter', 'p', 'e', 'c', '+', '-', 'g', 'd', '0']) await page.keyboard.press(key)
    expect(await page.locator('.badge').textContent()).toBe('✗ orphaned')
    expect(complaints).toEqual([])
  })

  it('keeps as many lines as are seen, however long the run is', async () => {
    const { page, complaints } = await open(browser, await exported(long(6_000)))
    expect(await shown(page).textContent()).toMatch(/of 6,00\d entries$/)
    await page.keyboard.press('End')
    await expect.poll(() => chosen(page).textContent()).toMatch(/^#600\d$/)
    expect(await page.locator('.row').count()).toBeLessThan(80)
    expect(complaints).toEqual([])
  })

  it('fits a low window: what does not fit is scrolled to, and nothing lies over anything else', async () => {
    const { page } = await open(browser, await exported(reviewLog()), { width: 640 })
    await page.setViewportSize({ width: 640, height: 360 })
    const tops = await page.locator('.top, .problems, .strip, .timeline, .list, .foot').evaluateAll((elements) =>
      elements.map((element) => {
        const { top, bottom } = element.getBoundingClientRect()
        return { top: Math.round(top), bottom: Math.round(bottom) }
      }),
    )
    for (const [index, { top }] of tops.entries()) expect(top).toBeGreaterThanOrEqual((tops[index - 1]?.bottom ?? 0) - 1)
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(640)
  })

  it('fits a narrow window', async () => {
    const { page } = await open(browser, await exported(reviewLog()), { width: 420, hash: '#e23' })
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(420)
    expect(await details(page).isVisible()).toBe(true)
  })
})

function long(count: number): Entry[] {
  let atMs = Date.UTC(2026, 10, 21, 1)
  return [...longRun(count)].map(
    ({ draft, afterMs }, index) => ({ seq: index + 1, time: new Date((atMs += afterMs)).toISOString(), ...draft }) as Entry,
  )
}
