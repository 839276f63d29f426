/** Files that must stay pure: no node:, no clock, no dice, no async. Folders end with a slash and may name exceptions. */
export const PURE: readonly string[] = ['src/log/events.ts', 'src/log/error.ts', 'src/projections/']
