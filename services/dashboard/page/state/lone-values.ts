/**
 * The indices of values without a neighbour. A line chart draws them as points, because a line needs two values.
 *
 * @param values null = no value
 */
export function loneValues(values: ArrayLike<number | null | undefined>): number[] {
  const has = (index: number): boolean => typeof values[index] === 'number'
  const indices = Array.from({ length: values.length }, (_, index) => index)
  return indices.filter((index) => has(index) && !has(index - 1) && !has(index + 1))
}
