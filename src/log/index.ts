export { type RunLog, type RunLogOptions, runLog } from './append.ts'
export { decodeEntry, encodeEntry } from './codec.ts'
export { digest } from './digest.ts'
export { RamureError } from './error.ts'
export { errorData, reviveError } from './error-data.ts'
export {
  type By,
  type CodeIdentity,
  type Definition,
  type Draft,
  type Entry,
  type EntryOf,
  type ErrorData,
  EVENT_TYPES,
  type EventData,
  type EventType,
  type FileContent,
  FORMAT_VERSION,
  type Json,
  type JsonObject,
  type Outcome,
  type Prefix,
  type RunStarted,
} from './events.ts'
export { type HomeFolders, homeFolders } from './home.ts'
export { checkName, isRunId, type NameKind, RUN_ID_BYTES, runIdFrom } from './ids.ts'
export { canonical, toJson } from './json.ts'
export { jsonlStore } from './jsonl.ts'
export type { JsonlOptions } from './jsonl-open.ts'
export { memoryStore } from './memory.ts'
export { type Redactor, redactor } from './redact.ts'
export type {
  Bell,
  BellListener,
  ChangedLines,
  FollowOptions,
  Lagged,
  LogStore,
  LogWriter,
  Position,
  ReadOptions,
  RunRef,
  Unreadable,
} from './store.ts'
export { type VerifyOptions, verifyRun } from './verify.ts'
export type { Damage } from './verify-order.ts'
export type { BlobFindings, Check, VerifyReport } from './verify-report.ts'
