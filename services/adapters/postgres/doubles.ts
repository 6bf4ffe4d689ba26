/**
 * Arrays of doubles as `array_send` gives them, a bytea: to read many numbers as texts costs more than
 * to find them.
 */
export type Doubles = readonly (number | null)[]

/** Bytes before the elements of an array of one dimension (PostgreSQL source, arrayfuncs.c, array_send). */
const header = 20
const nullLength = -1

/** Each element is its length, or -1 for null, and its bytes. */
export function decodeDoubles(bytes: Buffer): Doubles {
  const dimensions = bytes.readInt32BE(0)
  if (dimensions === 0) return []
  const count = bytes.readInt32BE(12)
  const doubles: (number | null)[] = []
  let at = header
  for (let index = 0; index < count; index += 1) {
    const isNull = bytes.readInt32BE(at) === nullLength
    doubles.push(isNull ? null : bytes.readDoubleBE(at + 4))
    at += isNull ? 4 : 12
  }
  return doubles
}
