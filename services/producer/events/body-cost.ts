/**
 * Finds bodies that cost much more time than readings of the same size, before they are parsed. A
 * valid reading has at most 18 levels with the array around it, and fewer than 4,200 values.
 */

const maxLevels = 64
const maxValuesPerReading = 8_192

const [quote, backslash, comma, bracket] = [0x22, 0x5c, 0x2c, 0x5b]
/** By byte: how the level changes. */
const levelChange = new Int8Array(256)
for (const byte of [bracket, 0x7b]) levelChange[byte] = 1
for (const byte of [0x5d, 0x7d]) levelChange[byte] = -1

const changeOf = (byte: number): number => levelChange[byte] ?? 0

/** What is too costly in a JSON or NDJSON body; undefined if nothing is. */
export function costFault(body: Uint8Array): string | undefined {
  // The values are counted anew after each reading: in an array at level 1, otherwise at level 0.
  const outside = isArray(body) ? 1 : 0
  let level = 0
  let values = 0
  for (let at = 0; at < body.length; at += 1) {
    const byte = body[at] ?? 0
    if (byte === quote) at = endOfString(body, at)
    else if (byte === comma) values += 1
    const change = changeOf(byte)
    level += change
    if (change < 0 && level <= outside) values = 0
    if (level > maxLevels) return `It is nested more than ${maxLevels} levels deep.`
    if (values > maxValuesPerReading)
      return `A reading has more than ${maxValuesPerReading} values.`
  }
  return undefined
}

function isArray(body: Uint8Array): boolean {
  return body.find((byte) => byte > 0x20) === bracket
}

/** The position of the quote that ends the string. */
function endOfString(body: Uint8Array, begin: number): number {
  let at = begin + 1
  while (at < body.length && body[at] !== quote) at += body[at] === backslash ? 2 : 1
  return at
}
