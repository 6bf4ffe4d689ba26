/** A `numeric` value as the binary format of Postgres holds it (numeric_recv in its source). */
export type NumericDigits = {
  /** Groups of four decimal digits, from the most to the least significant; none for 0. */
  readonly groups: readonly number[]
  /** Power of 10,000 of the first group. */
  readonly weight: number
  readonly isNegative: boolean
  /** Number of digits after the decimal point. */
  readonly scale: number
}

const digitsPerGroup = 4
const [minus, zero] = [0x2d, 0x30]

/** @param text a decimal number without exponent, e.g. `-12.50` */
export function toNumericDigits(text: string): NumericDigits {
  const isNegative = text.charCodeAt(0) === minus
  const begin = isNegative ? 1 : 0
  const point = text.indexOf('.')
  const end = point === -1 ? text.length : point
  const groups: number[] = []
  let weight = Math.ceil((end - begin) / digitsPerGroup) - 1
  const add = (group: number): void => {
    if (groups.length > 0 || group !== 0) groups.push(group)
    else weight -= 1
  }
  // The groups count from the point: the first one may be shorter.
  let next = end - weight * digitsPerGroup
  for (let at = begin; at < end; at = next, next += digitsPerGroup) add(parseGroup(text, at, next))
  for (let at = end + 1; at < text.length; at += digitsPerGroup) {
    const missing = Math.max(0, at + digitsPerGroup - text.length)
    add(parseGroup(text, at, at + digitsPerGroup - missing) * 10 ** missing)
  }
  while (groups.at(-1) === 0) groups.pop()
  const scale = Math.max(0, text.length - end - 1)
  if (groups.length === 0) return { groups, weight: 0, isNegative: false, scale }
  return { groups, weight, isNegative, scale }
}

/** The number written by the digits from `begin` to `end` (exclusive). */
function parseGroup(text: string, begin: number, end: number): number {
  let value = 0
  for (let index = begin; index < end; index += 1)
    value = value * 10 + text.charCodeAt(index) - zero
  return value
}
