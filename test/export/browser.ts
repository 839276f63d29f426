/** A page of an exported run in a real browser that can reach nothing. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { onTestFinished } from 'vitest'
import { sayEntry } from '../../src/cli/say-entry.ts'
import { exportHtml } from '../../src/export/html.ts'
import { pageAssets } from '../../src/export/page-file.ts'
import { encodeEntry } from '../../src/log/codec.ts'
import type { Entry } from '../../src/log/events.ts'
import { memoryStore } from '../../src/log/memory.ts'
import { redactor } from '../../src/log/redact.ts'
import { findChromium } from '../chromium.ts'

const ARGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run']
const QUIET = ['--disable-background-networking', '--disable-component-update', '--disable-sync']

export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: findChromium() ?? '', args: [...ARGS, ...QUIET] })
}

export interface Opened {
  readonly page: Page
  /** Everything that went wrong: errors, failed loads, refusals of the page's own policy. */
  readonly complaints: readonly string[]
  /** Addresses that were asked for, but for the page itself. */
  readonly requests: readonly string[]
}

export interface OpenOptions {
  readonly hash?: string
  readonly dark?: boolean
  readonly width?: number
}

/** The file of a run, with an end when the log has one. */
export async function exported(entries: readonly Entry[], run = 'brisk-otter-4q7m2xk9'): Promise<string> {
  const store = memoryStore()
  const writer = store.create(run)
  for (const entry of entries) writer.append(entry.seq, encodeEntry(entry, JSON.stringify(entry.data)))
  await writer.close()
  const folder = mkdtempSync(join(tmpdir(), 'ramure-page-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  let html = ''
  const now = () => Date.parse('2026-11-21T10:00:00Z')
  for await (const piece of exportHtml({ store, run, now, assets: await pageAssets(), say: sayEntry, redact: redactor({}) })) html += piece
  const file = join(folder, 'run.html')
  writeFileSync(file, html)
  return file
}

export async function open(
  browser: Browser,
  address: string,
  { hash = '', dark = false, width = 1280 }: OpenOptions = {},
): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme: dark ? 'dark' : 'light' })
  onTestFinished(() => context.close())
  const page = await context.newPage()
  const complaints: string[] = []
  const requests: string[] = []
  const url = address.startsWith('/') ? pathToFileURL(address).href : address
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('dialog', (dialog) => void (complaints.push(`dialog ${dialog.message()}`), dialog.dismiss()))
  page.on('request', (request) => request.url().split('#')[0] !== url && requests.push(request.url()))
  await page.goto(url + hash)
  await page.locator('html[data-ready=true]').waitFor()
  return { page, complaints, requests }
}
