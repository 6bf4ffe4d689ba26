/** `items[index]` for an index that is in range. Throws RangeError otherwise: that is a bug. */
export function elementAt<T>(items: readonly T[], index: number): T {
  const item = items[index]
  if (item === undefined) throw new RangeError(`no element ${index} of ${items.length}`)
  return item
}
