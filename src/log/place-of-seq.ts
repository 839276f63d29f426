/** Index of the item with this `seq` among items in the order of `seq`, -1 when there is none. Halves; gaps are no concern. */
export function placeOfSeq(items: readonly { readonly seq: number }[], seq: number): number {
  let low = 0
  let high = items.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const found = items[middle]?.seq ?? 0
    if (found === seq) return middle
    if (found < seq) low = middle + 1
    else high = middle - 1
  }
  return -1
}
