import { parse, stringify } from 'lossless-json'

/** A JSON number that a double does not hold exactly, as its text. */
export class ExactNumber {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** A double holds every number with fewer digits exactly. */
const digitsOfInexact = 16
const [quotationMark, backslash, point, zero, nine] = [0x22, 0x5c, 0x2e, 0x30, 0x39]
const [letterE, upperCaseBit] = [0x65, 0x20]

/** Whether a number in the JSON may have more digits than a double holds, or has an exponent. */
function mayHaveInexactNumber(text: string): boolean {
  let digits = 0
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code === quotationMark) {
      index = endOfText(text, index)
    } else if ((code >= zero && code <= nine) || code === point) {
      digits += 1
      if (digits === digitsOfInexact) return true
      continue
    } else if (digits > 0 && (code | upperCaseBit) === letterE) {
      return true
    }
    digits = 0
  }
  return false
}

/** The index of the quotation mark that ends a JSON text, or the end of the JSON if none does. */
function endOfText(json: string, begin: number): number {
  let end = begin
  do {
    end = json.indexOf('"', end + 1)
    if (end === -1) return json.length
  } while (isEscaped(json, end))
  return end
}

/** Whether an odd number of backslashes precedes. */
function isEscaped(json: string, index: number): boolean {
  let begin = index
  while (json.charCodeAt(begin - 1) === backslash) begin -= 1
  return (index - begin) % 2 === 1
}

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

/** Whether a JSON text has arrays and objects that are nested deeper than `maxDepth` levels. */
export function isDeeperThan(maxDepth: number, text: string): boolean {
  // Each level has an opening and a closing character.
  if (text.length <= 2 * maxDepth) return false
  let depth = 0
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charCodeAt(index)
    if (character === quote) index = endOfString(text, index)
    else if (character === openBracket || character === openBrace) depth += 1
    else if (character === closeBracket || character === closeBrace) depth -= 1
    if (depth > maxDepth) return true
  }
  return false
}

/** The index of the quotation mark that ends the string; the length of the text if there is none. */
function endOfString(text: string, start: number): number {
  let index = start + 1
  while (index < text.length && text.charCodeAt(index) !== quote) {
    index += text.charCodeAt(index) === backslash ? 2 : 1
  }
  return index
}

const [backslash, quote] = [0x5c, 0x22]
const [openBracket, closeBracket, openBrace, closeBrace] = [0x5b, 0x5d, 0x7b, 0x7d]

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
