/** The text of an array parameter of numbers. The conversion of pg is much slower for long arrays. */
export function toArrayText(numbers: readonly (number | null)[]): string {
  return `{${numbers.map((number) => number ?? 'NULL').join(',')}}`
}
