/** What an agent is at, in a word without a glyph. */
export const STATE_WORDS = {
  created: 'starting',
  registered: 'ready',
  idle: 'idle',
  working: 'working',
  leaving: 'leaving',
  disconnected: 'cut off',
  exited: 'gone',
} as const
