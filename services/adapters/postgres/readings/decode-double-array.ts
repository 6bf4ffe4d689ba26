/**
 * Bytes before the elements of a one-dimensional array (PostgreSQL source, arrayfuncs.c,
 * array_send).
 */
const headerBytes = 20
const nullLength = -1

/**
 * Decodes an array of doubles in the binary format of `array_send`: parsing many numbers from text
 * costs more than the query itself. Each element is its length, or -1 for null, and its bytes. Null
 * becomes NaN.
 */
export function decodeDoubleArray(bytes: Buffer): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const hasElements = view.getInt32(0) > 0
  const doubles = new Float64Array(hasElements ? view.getInt32(12) : 0)
  let position = headerBytes
  for (let index = 0; index < doubles.length; index += 1) {
    const isNull = view.getInt32(position) === nullLength
    doubles[index] = isNull ? NaN : view.getFloat64(position + 4)
    position += isNull ? 4 : 12
  }
  return doubles
}
