/** Whether real input or output is under way in this Node process: it may still wake somebody in a simulation. */
export interface ActivityWatch {
  /** Somebody in the run does I/O that is waited for even when nobody else is busy. */
  isWatched: boolean
  /** Requests that end by themselves, such as reading a file: everybody's, so that no answer of ours is missed. */
  requestsAreOpen(): boolean
  /** More sockets, child processes and the like than when the watch began. */
  handlesAreOpen(): boolean
}

export function watchActivity(): ActivityWatch {
  const before = handleCount()
  return {
    isWatched: false,
    requestsAreOpen: () => process.getActiveResourcesInfo().some((type) => REQUEST.test(type)),
    handlesAreOpen: () => handleCount() > before,
  }
}

const REQUEST = /Req/
/** Timers say nothing: those that a test runner holds for its own purposes are always there. */
const NO_HANDLE = /Req|Timeout|Immediate|TTY/

function handleCount(): number {
  return process.getActiveResourcesInfo().filter((type) => !NO_HANDLE.test(type)).length
}
