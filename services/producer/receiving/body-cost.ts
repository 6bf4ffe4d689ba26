/**
 * Finds bodies that cost much more time than readings of the same size, before they are parsed. A
 * valid reading has at most 18 levels with the array around it, and fewer than 4,200 values.
 */

const maxLevels = 64
const maxValuesPerReading = 8_192
/** A smaller body cannot cost much time. Most bodies have one reading and are much smaller. */
const minCostlyBytes = 16_384
/** The levels of a smaller body fit into the stack of functions that call themselves for each level. */
const minDeepBytes = 1_024

const quote = 0x22
const backslash = 0x5c
const space = 0x20

const open = 1
const close = -1
const comma = 2
const text = 3
/** What each byte means; 0 = nothing. */
const kinds = new Int8Array(256)
for (const [bytes, kind] of [
  ['[{', open],
  [']}', close],
  [',', comma],
  ['"', text],
] as const)
  for (const character of bytes) kinds[character.charCodeAt(0)] = kind

/**
 * What is too costly in a JSON or NDJSON body; undefined if nothing is. The values of each reading in an array are
 * counted separately.
 */
export function costFault(body: Uint8Array): string | undefined {
  return body.length < minCostlyBytes ? undefined : faultOf(body, isArray(body) ? 1 : 0)
}

/**
 * What is too costly or too deep in the JSON of a device; undefined if nothing is. Its values are converted before the
 * rules of a reading are checked, which is not possible for thousands of levels.
 *
 * @param level the level of nesting of the positions. The values of each position are counted separately
 */
export function deviceBodyFault(body: Uint8Array, level: number): string | undefined {
  return body.length < minDeepBytes ? undefined : faultOf(body, level)
}

function faultOf(body: Uint8Array, outside: number): string | undefined {
  let level = 0
  let values = 0
  for (let at = 0; at < body.length; at += 1) {
    const kind = kinds[body[at] as number] as number
    if (kind === 0) continue
    if (kind === text) {
      at = endOfString(body, at)
    } else if (kind === comma) {
      values += 1
      if (values > maxValuesPerReading)
        return `A reading has more than ${maxValuesPerReading} values.`
    } else {
      level += kind
      if (level > maxLevels) return `It is nested more than ${maxLevels} levels deep.`
      if (level <= outside) values = 0
    }
  }
  return undefined
}

function isArray(body: Uint8Array): boolean {
  return body.find((byte) => byte > space) === '['.charCodeAt(0)
}

/** The position of the quote that ends the string. */
function endOfString(body: Uint8Array, begin: number): number {
  let at = begin + 1
  for (let byte = body[at]; at < body.length && byte !== quote; byte = body[at])
    at += byte === backslash ? 2 : 1
  return at
}
