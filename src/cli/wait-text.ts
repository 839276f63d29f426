/** What is waited for, in words. */

/** @param kind as a replay names it. */
export function waitText(kind: string, label: string): string {
  return (WAITS[kind] ?? ((what) => `for ${kind} ${what}`))(label)
}

const WAITS: { readonly [kind: string]: (label: string) => string } = {
  wait: (label) => `for ${label}`,
  agent: (label) => `for ${label} to register`,
  agent_exit: (label) => `for ${label} to leave`,
  tool_call: (label) => `to answer ${label}`,
  endpoint_called: (label) => `to answer ${label}`,
  step: (label) => `for step ${label}`,
  timer: (label) => `for timer ${label}`,
  exec: (label) => `for ${label} to finish`,
  unrecorded: (label) => `for ${label}`,
}
