/** From what people write to a recording: a run's id, or the path of a run's folder or of the log in it. */
import { basename, dirname, resolve, sep } from 'node:path'
import { homeFolders } from '../log/home.ts'
import { jsonlStore } from '../log/jsonl.ts'
import type { LogStore } from '../log/store.ts'

export interface Located {
  readonly store: LogStore
  readonly run: string
}

/** Anything with a separator is a path; a bare word is a run in `store`, by default that of RAMURE_HOME. */
export function locate(recording: string, store?: LogStore): Located {
  if (!recording.includes('/') && !recording.includes(sep)) return { store: store ?? homeStore(), run: recording }
  const path = resolve(recording)
  const folder = basename(path) === 'events.jsonl' ? dirname(path) : path
  return { store: jsonlStore(dirname(folder)), run: basename(folder) }
}

function homeStore(): LogStore {
  return jsonlStore(homeFolders(process.env, undefined, process.cwd()).logs)
}
