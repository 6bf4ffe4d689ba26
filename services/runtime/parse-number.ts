/**
 * `Number` accepts more texts than a user means as numbers: `0x10`, `1e3` as a whole number, spaces, and
 * an empty text as 0.
 */

const wholePattern = /^-?\d+$/
const decimalPattern = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i

/** The number of a text with decimal digits only; NaN for any other text. */
export const parseWhole = (text: string): number => (wholePattern.test(text) ? Number(text) : NaN)

/** The number of a text in decimal notation, also with an exponent; NaN for any other text. */
export const parseDecimal = (text: string): number =>
  decimalPattern.test(text) ? Number(text) : NaN
