/** A run of 100,000 entries in the page: everything a hand does works, and what a frame takes is said. */
import { expect, test } from 'vitest'
import { middle } from '../../bench/support/figures.ts'
import { longRun } from '../../bench/support/long-run.ts'
import type { Entry } from '../../src/log/events.ts'
import { exported, open, startBrowser } from './browser.ts'

test('100,000 entries are moved, filtered and walked through', async () => {
  const browser = await startBrowser()
  try {
    const file = await exported(long(100_000))
    const startedMs = performance.now()
    const { page, complaints } = await open(browser, file)
    const readyMs = performance.now() - startedMs
    const canvas = await page.locator('.timeline canvas').boundingBox()
    await page.mouse.move((canvas?.x ?? 0) + 700, (canvas?.y ?? 0) + 100)
    await page.evaluate(WATCH)
    for (let step = 0; step < 20; step += 1) await page.mouse.wheel(0, -120)
    for (let step = 0; step < 20; step += 1) await page.keyboard.press('l')
    for (let step = 0; step < 20; step += 1) await page.mouse.wheel(0, 120)
    for (let step = 0; step < 30; step += 1) await page.keyboard.press('j')
    const frames = (await page.evaluate('window.frames_')) as number[]
    await page.keyboard.press('/')
    await page.keyboard.type('agent:builder2 is:problem')
    await expect.poll(() => page.locator('.list .count').textContent(), { timeout: 10_000 }).toMatch(/^\d+ of 100,00\d entries match/)
    await page.keyboard.press('Escape')
    await page.keyboard.press('End')
    await expect.poll(() => page.locator('.row[aria-selected=true] .seq').textContent(), { timeout: 10_000 }).toMatch(/^#10000\d$/)
    expect(await page.locator('.row').count()).toBeLessThan(80)
    expect(complaints).toEqual([])
    const worst = frames.toSorted((a, b) => b - a)
    console.log(
      `ready ${Math.round(readyMs)} ms · ${frames.length} frames, work of one: median ${middle(frames).toFixed(1)} ms, worst ${worst[0]?.toFixed(1)} ms`,
    )
  } finally {
    await browser.close()
  }
})

/** Work of a frame: from the first callback of a frame to the moment the browser is free again. */
const WATCH = `{
  window.frames_ = []
  const request = window.requestAnimationFrame.bind(window)
  window.requestAnimationFrame = (callback) => request((time) => {
    const before = performance.now()
    callback(time)
    window.frames_.push(performance.now() - before)
  })
}`

function long(count: number): Entry[] {
  let atMs = Date.UTC(2026, 10, 21, 1)
  return [...longRun(count)].map(
    ({ draft, afterMs }, index) => ({ seq: index + 1, time: new Date((atMs += afterMs)).toISOString(), ...draft }) as Entry,
  )
}
