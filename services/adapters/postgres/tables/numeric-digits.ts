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

/** @param text a decimal number without exponent, e.g. `-12.50` */
export function toNumericDigits(text: string): NumericDigits {
  const isNegative = text.startsWith('-')
  const [integer = '', fraction = ''] = (isNegative ? text.slice(1) : text).split('.')
  const groupsBeforePoint = Math.ceil(integer.length / digitsPerGroup)
  const groupsAfterPoint = Math.ceil(fraction.length / digitsPerGroup)
  const padded =
    integer.padStart(groupsBeforePoint * digitsPerGroup, '0') +
    fraction.padEnd(groupsAfterPoint * digitsPerGroup, '0')
  const all = Array.from({ length: groupsBeforePoint + groupsAfterPoint }, (_, index) =>
    Number(padded.slice(index * digitsPerGroup, (index + 1) * digitsPerGroup)),
  )
  const first = all.findIndex((group) => group !== 0)
  const scale = fraction.length
  if (first === -1) return { groups: [], weight: 0, isNegative: false, scale }
  const last = all.findLastIndex((group) => group !== 0)
  const weight = groupsBeforePoint - 1 - first
  return { groups: all.slice(first, last + 1), weight, isNegative, scale }
}
