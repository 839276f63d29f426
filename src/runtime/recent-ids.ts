/** The last ids that were seen. A ring says which is the oldest: asking a Set for its first member walks over all that left it. */
export interface RecentIds {
  /** False when the id is known already. */
  add(id: string): boolean
}

/** Remembers the last `idsMax` ids. */
export function recentIds(idsMax: number): RecentIds {
  const known = new Set<string>()
  const ring: string[] = []
  let oldest = 0
  return {
    add(id) {
      if (known.has(id)) return false
      known.add(id)
      if (ring.length < idsMax) ring.push(id)
      else {
        known.delete(ring[oldest] ?? '')
        ring[oldest] = id
        oldest = (oldest + 1) % idsMax
      }
      return true
    },
  }
}
