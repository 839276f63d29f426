/**
 * A bucket of `perSecond` tokens that fills up again within a second. Each call takes one; the answer is how long to
 * wait, in milliseconds, until the bucket holds none of the future's tokens.
 */
export function rateLimit(perSecond: number): (nowMs: number) => number {
  if (perSecond === Infinity) return () => 0
  let tokens = perSecond
  let lastMs: number | null = null
  return (nowMs) => {
    tokens = Math.min(perSecond, tokens + ((nowMs - (lastMs ?? nowMs)) * perSecond) / 1000) - 1
    lastMs = nowMs
    return tokens >= 0 ? 0 : (-tokens * 1000) / perSecond
  }
}
