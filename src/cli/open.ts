/** `ramure open [run] [seq]`: the picture of a run in a browser; a live one is followed until Ctrl-C. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { redactor } from '../log/redact.ts'
import { makeFolder } from '../log/run-folder.ts'
import type { Action, Cli, Options } from './cli.ts'
import { entryAt, lastSeqOf, mustHaveEntries, noEntry, seqOf } from './entry-at.ts'
import { EXIT } from './exit-code.ts'
import { chooseRun, wantedRun } from './runs.ts'
import { sayEntry } from './say-entry.ts'
import { wokenStore } from './woken-store.ts'
import { writeOut } from './write-out.ts'

export const run: Action = async (cli, [first, second], options) => {
  const isSeq = second === undefined && first !== undefined && /^#?\d+$/.test(first)
  const named = isSeq ? first : second
  const seq = named === undefined ? null : seqOf(named)
  const chosen = await chooseRun(cli, wantedRun(isSeq ? undefined : first, options))
  if (cli.store.writerAlive(chosen) === true) return openLive(cli, chosen, seq, options)
  await mustHaveEntries(cli, chosen)
  if (seq !== null && (await entryAt(cli, chosen, seq)) === null) throw await noEntry(cli, chosen, seq)
  const { assets, exportHtml } = await pageParts()
  const folder = join(cli.folders.root, 'pages')
  makeFolder(folder)
  const file = join(folder, `${chosen}.html`)
  const { store, now, signal, env } = cli
  const { value } = await writeOut(file, exportHtml({ store, run: chosen, now, signal, assets, say: sayEntry, redact: redactor(env) }))
  if (value.unreadableCount > 0) cli.output.talk('some of the log could not be read; the page says what')
  const url = `${pathToFileURL(file).href}${anchorOf(seq)}`
  cli.output.answer({ run: chosen, live: false, file, url }, () => (seq === null ? file : url))
  show(cli, url, options)
  return EXIT.ok
}

/** Serves the page until Ctrl-C; the run goes on by itself. */
async function openLive(cli: Cli, run: string, seq: number | null, options: Options): Promise<number> {
  const [{ serveLivePage }, { assets }] = await Promise.all([import('../export/live-page.ts'), pageParts()])
  const { now, env, signal } = cli
  const store = await wokenStore(cli, run)
  const page = await serveLivePage({ store, run, now, assets, say: sayEntry, redact: redactor(env) })
  try {
    const url = `${page.url}${anchorOf(seq)}`
    cli.output.answer({ run, live: true, url }, () => url)
    cli.output.talk(`${run}: Ctrl-C stops watching, never the run`)
    if (seq !== null && seq > (await lastSeqOf(cli, run))) cli.output.talk(`#${seq} has not come yet: the page goes to it when it does`)
    show(cli, url, options)
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

function anchorOf(seq: number | null): string {
  return seq === null ? '' : `#e${seq}`
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
