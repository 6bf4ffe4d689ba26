/** Looks at the characters of a JSON text without parsing it. */

/** A double holds every number with fewer digits exactly. */
const digitsOfInexact = 16
const [quotationMark, backslash, point, zero, nine] = [0x22, 0x5c, 0x2e, 0x30, 0x39]
const [letterE, upperCaseBit] = [0x65, 0x20]

/** Whether a number in the JSON may have more digits than a double holds, or has an exponent. */
export function mayHaveInexactNumber(text: string): boolean {
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

const [openBracket, closeBracket, openBrace, closeBrace] = [0x5b, 0x5d, 0x7b, 0x7d]

/** Whether the JSON has arrays and objects that are nested deeper than `maxDepth` levels. */
export function isDeeperThan(maxDepth: number, text: string): boolean {
  // Each level has an opening and a closing character.
  if (text.length <= 2 * maxDepth) return false
  let depth = 0
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code === quotationMark) index = endOfText(text, index)
    else if (code === openBracket || code === openBrace) depth += 1
    else if (code === closeBracket || code === closeBrace) depth -= 1
    if (depth > maxDepth) return true
  }
  return false
}
