/** `items[index]` where the index is known to be in range. Throws RangeError: a bug, where it is not. */
export function elementAt<T>(items: readonly T[], index: number): T {
  const item = items[index]
  if (item === undefined) throw new RangeError(`no element ${index} of ${items.length}`)
  return item
}
