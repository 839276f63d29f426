/** `ramure open [run] [seq]`: the picture of a run in a browser; a live one is followed until Ctrl-C. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { RamureError } from '../log/error.ts'
import { redactor } from '../log/redact.ts'
import { makeFolder } from '../log/run-folder.ts'
import type { Action, Cli, Options } from './cli.ts'
import { EXIT } from './exit-code.ts'
import { chooseRun, wantedRun } from './runs.ts'
import { sayEntry } from './say-entry.ts'
import { plain } from './text.ts'
import { wokenStore } from './woken-store.ts'
import { writeOut } from './write-out.ts'

export const run: Action = async (cli, [first, second], options) => {
  const isSeq = second === undefined && first !== undefined && /^#?\d+$/.test(first)
  const anchor = anchorOf(isSeq ? first : second)
  const chosen = await chooseRun(cli, wantedRun(isSeq ? undefined : first, options))
  if (cli.store.writerAlive(chosen) === true) return openLive(cli, chosen, anchor, options)
  const { assets, exportHtml } = await pageParts()
  const folder = join(cli.folders.root, 'pages')
  makeFolder(folder)
  const file = join(folder, `${chosen}.html`)
  const { store, now, signal, env } = cli
  const { value } = await writeOut(file, exportHtml({ store, run: chosen, now, signal, assets, say: sayEntry, redact: redactor(env) }))
  if (value.unreadableCount > 0) cli.output.talk('some of the log could not be read; the page says what')
  cli.output.answer({ run: chosen, live: false, file }, () => file)
  show(cli, `${pathToFileURL(file).href}${anchor}`, options)
  return EXIT.ok
}

/** Serves the page until Ctrl-C; the run goes on by itself. */
async function openLive(cli: Cli, run: string, anchor: string, options: Options): Promise<number> {
  const [{ serveLivePage }, { assets }] = await Promise.all([import('../export/live-page.ts'), pageParts()])
  const { now, env, signal } = cli
  const store = await wokenStore(cli, run)
  const page = await serveLivePage({ store, run, now, assets, say: sayEntry, redact: redactor(env) })
  try {
    cli.output.answer({ run, live: true, url: page.url }, () => page.url)
    cli.output.talk(`${run}: Ctrl-C stops watching, never the run`)
    show(cli, `${page.url}${anchor}`, options)
    if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    return EXIT.interrupted
  } finally {
    await page.close()
  }
}

async function pageParts() {
  const [{ exportHtml }, { pageAssets }] = await Promise.all([import('../export/html.ts'), import('../export/page-file.ts')])
  return { exportHtml, assets: await pageAssets() }
}

function anchorOf(seq: string | undefined): string {
  if (seq === undefined) return ''
  if (/^#?[1-9]\d{0,14}$/.test(seq)) return `#e${seq.replace('#', '')}`
  throw new RamureError('ERR_USAGE', `An entry is named by its number, not by ${JSON.stringify(plain(seq, 80))}.`, {
    hint: 'for example  ramure open brisk-otter 172',
  })
}

/** Whoever asks for JSON, or not for a browser, opens the address by other means. */
function show(cli: Cli, url: string, options: Options): void {
  if (options['browser'] === false || cli.output.json) return
  const opener = OPENERS[process.platform] ?? 'xdg-open'
  const child = spawn(opener, [url], { stdio: 'ignore', detached: true, env: cli.env })
  child.once('error', () => cli.output.talk(`${opener} could not be started: open the address above in a browser`))
  child.unref()
}

const OPENERS: { readonly [platform: string]: string } = { darwin: 'open', win32: 'explorer' }
