import { parse, stringify } from 'lossless-json'
import { ExactNumber } from '../../ledger/tasks/exact-number.ts'
import { mayHaveInexactNumber } from './scan-json.ts'

export { ExactNumber }

/**
 * Parses JSON. A number that a double does not hold exactly becomes an `ExactNumber`. Of equal keys in an
 * object the last one counts, as with `JSON.parse`.
 *
 * @throws SyntaxError
 */
export function parseExactJson(text: string): unknown {
  if (!mayHaveInexactNumber(text)) return JSON.parse(text)
  const options = {
    parseNumber,
    onDuplicateKey: ({ newValue }: { newValue: unknown }) => newValue,
  }
  return parse(text, undefined, options)
}

/** The JSON text of a value, with all digits of its numbers. */
export function stringifyExactJson(value: unknown): string {
  return stringify(value, undefined, undefined, exactNumbers) ?? 'null'
}

const exactNumbers = [
  {
    test: (value: unknown): boolean => value instanceof ExactNumber,
    stringify: (value: unknown): string => (value as ExactNumber).text,
  },
]

function parseNumber(text: string): number | ExactNumber {
  const number = Number(text)
  const isExact = Number.isFinite(number) && sameDigits(text, String(number))
  return isExact ? number : new ExactNumber(text)
}

function sameDigits(left: string, right: string): boolean {
  const [a, b] = [toScientific(left), toScientific(right)]
  return a.digits === b.digits && a.exponent === b.exponent
}

const numberPattern = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/

/** The digits without zeros at both ends, and the power of ten of the last one. */
function toScientific(text: string): { readonly digits: string; readonly exponent: number } {
  const [, sign = '', integer = '', fraction = '', exponent = '0'] = numberPattern.exec(text) ?? []
  const all = (integer + fraction).replace(/^0+/, '')
  const digits = all.replace(/0+$/, '')
  if (digits === '') return { digits: '0', exponent: 0 }
  const power = Number(exponent) - fraction.length + (all.length - digits.length)
  return { digits: sign + digits, exponent: power }
}

/** Most digits of a decimal number that is written out. */
const maxDigits = 2_000

/**
 * Writes a number out without an exponent, e.g. `1.5e3` as `1500`. Undefined if the text is not a JSON
 * number or would have more than 2,000 digits.
 */
export function toPlainDecimal(text: string): string | undefined {
  if (!numberPattern.test(text)) return undefined
  const { digits, exponent } = toScientific(text)
  const sign = digits.startsWith('-') ? '-' : ''
  const significant = digits.slice(sign.length)
  if (significant.length + Math.abs(exponent) > maxDigits) return undefined
  if (exponent >= 0) return sign + significant + '0'.repeat(significant === '0' ? 0 : exponent)
  const padded = significant.padStart(1 - exponent, '0')
  return `${sign}${padded.slice(0, exponent)}.${padded.slice(exponent)}`
}
