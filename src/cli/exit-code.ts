/** What the command tells the shell. */
export const EXIT = {
  ok: 0,
  internal: 1,
  usage: 2,
  notFound: 3,
  diverged: 4,
  runFailed: 5,
  runOrphaned: 6,
  waitTimedOut: 7,
  logDamaged: 8,
  storeUnreachable: 9,
  budgetExceeded: 10,
  interrupted: 130,
} as const

/** The exit code for an error, by its code; 1 for those that are nobody's mistake but ours. */
export function exitCodeOf(code: string): number {
  for (const [pattern, exit] of TABLE) if (pattern.test(code)) return exit
  return EXIT.internal
}

/** First match wins. */
const TABLE: readonly (readonly [RegExp, number])[] = [
  [/^ERR_(DIVERGED|ACCEPT)/, EXIT.diverged],
  [
    /NOT_FOUND$|AMBIGUOUS$|^ERR_UNKNOWN_(AGENT|ENDPOINT)$|^ERR_AGENT_(ENDED|NOT_ATTACHABLE)$|^ERR_(NO_LIVE_RUN|RUN_NOT_LIVE|NO_RUNS|CORPUS_EMPTY)$|^ERR_BLOB_MISSING$/,
    EXIT.notFound,
  ],
  [/^ERR_(USAGE|TEST_RUNNER|FILE_EXISTS|RUN_EXISTS|BAD_|MISSING_TEXT|INVALID_|NODE_TOO_OLD|NO_HOME)/, EXIT.usage],
  [/^ERR_(EXECUTION_FAILED|RUN_FAILED|CALL_FAILED)$/, EXIT.runFailed],
  [/^ERR_RUN_ORPHANED$/, EXIT.runOrphaned],
  [/TIMEOUT$|TIMED_OUT$/, EXIT.waitTimedOut],
  [/^ERR_LOG_|^ERR_BUNDLE_|^ERR_CANNOT_TELL$/, EXIT.logDamaged],
  [/^ERR_(STORE_|UNSAFE_FOLDER)/, EXIT.storeUnreachable],
  [/^ERR_BUDGET/, EXIT.budgetExceeded],
  [/^ERR_INTERRUPTED$/, EXIT.interrupted],
]
