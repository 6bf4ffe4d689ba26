type Timed = { readonly recordedAt: number }

/**
 * Returns the longest sequence of fixes whose times do not decrease. So one fix with a wrong time is
 * left out, whether its time is too early or too late (longest non-decreasing subsequence;
 * C. Schensted, Canadian Journal of Mathematics 13, 1961).
 */
export function inTimeOrder<Fix extends Timed>(fixes: readonly Fix[]): Fix[] {
  /** By length - 1: index of the fix that ends a sequence of this length with the earliest time. */
  const ends: number[] = []
  const previous = fixes.map((fix, index) => {
    const length = firstLater(ends, fixes, fix.recordedAt)
    ends[length] = index
    return ends[length - 1]
  })
  const kept = new Set<number>()
  for (let index = ends.at(-1); index !== undefined; index = previous[index]) kept.add(index)
  return fixes.filter((_, index) => kept.has(index))
}

/** The first position in `ends` whose fix is later than a time; the end of `ends` if none is. */
function firstLater(ends: readonly number[], fixes: readonly Timed[], time: number): number {
  let [low, high] = [0, ends.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((fixes[ends[middle] ?? 0]?.recordedAt ?? Infinity) > time) high = middle
    else low = middle + 1
  }
  return low
}
