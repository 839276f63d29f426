/**
 * The page as text. Everything it needs is inside of it and nothing can be loaded from anywhere: the policy at its top
 * allows exactly its own script and style. What comes from a run enters as base64 or as escaped JSON, never as markup.
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { RamureError } from '../log/error.ts'
import { VERSION } from '../log/version.ts'
import type { Pack } from './pack.ts'
import type { Summary } from './summary.ts'

export interface PageAssets {
  readonly script: string
  readonly style: string
}

/** Reads the script and style that the build left beside the library. Throws ERR_PAGE_MISSING. */
export async function pageAssets(): Promise<PageAssets> {
  const here = import.meta.dirname
  for (const folder of [join(here, 'page'), join(dirname(dirname(here)), 'dist', 'page')]) {
    const read = (name: string): Promise<string | null> => readFile(join(folder, name), 'utf8').catch(() => null)
    const [script, style] = await Promise.all([read('page.js'), read('page.css')])
    if (script !== null && style !== null) return { script: script.trim(), style: style.trim() }
  }
  throw new RamureError('ERR_PAGE_MISSING', 'The script of the page was not built.', { hint: 'in a checkout  npm run build' })
}

/** The content security policy of a page. @param live lets it speak to the server it came from. */
export function pagePolicy({ script, style }: PageAssets, live: boolean): string {
  return [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    'img-src data:',
    ...(live ? ["connect-src 'self'"] : []),
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
}

/** What comes before the blocks. */
export function pageTop(assets: PageAssets, title: string, live: boolean): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${pagePolicy(assets, live)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="ramure ${VERSION}">
<link rel="icon" href="data:,">
<title>${escaped(title)}</title>
<style>${assets.style}</style>
</head>
<body>
<noscript>This page draws a recorded run with JavaScript, which is switched off here.</noscript>
<div id="app" data-live="${live}"><p class="loading">Reading the run …</p></div>
`
}

/** Rows, deflated. */
export function packBlock(packed: Pack): string {
  return `<script type="application/octet-stream" data-rows>${deflated(JSON.stringify(packed))}</script>\n`
}

/** Lines of the log from one `seq` to another, deflated: what is shown of an entry that is opened. */
export function linesBlock(from: number, to: number, lines: readonly string[]): string {
  return `<script type="application/octet-stream" data-from="${from}" data-to="${to}">${deflated(lines.join('\n'))}</script>\n`
}

/** What comes after the blocks. */
export function pageEnd(assets: PageAssets, summary: Summary): string {
  // No text of a run can end the block: the only character that could is written as an escape.
  const json = JSON.stringify(summary).replaceAll('<', '\\u003c')
  return `<script type="application/json" id="summary">${json}</script>\n<script>${assets.script}</script>\n</body>\n</html>\n`
}

function deflated(text: string): string {
  return deflateRawSync(text).toString('base64')
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
}
