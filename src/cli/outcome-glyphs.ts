/** How a run ended, as one character beside the word. */
export const GLYPHS: { readonly [status: string]: string } = {
  completed: '✔',
  failed: '✗',
  cancelled: '■',
  timed_out: '✗',
  orphaned: '✗',
  unknown: '?',
  unreadable: '✗',
  // How a simulation that a property test kept came out, when it did not end.
  stuck: '✗',
  endless: '✗',
  killed: '✗',
  log_dead: '✗',
}
