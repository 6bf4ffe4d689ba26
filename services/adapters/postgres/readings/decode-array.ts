import type { Micros } from '../../../telemetry/time.ts'

/**
 * Decodes arrays in the binary format of `array_send`: parsing many numbers from text costs more
 * than the query itself.
 */

/**
 * Bytes before the elements of a one-dimensional array (PostgreSQL source, arrayfuncs.c,
 * array_send). Each element is its length, or -1 for null, and its bytes.
 */
const headerBytes = 20
const lengthBytes = 4
const valueBytes = 8
const nullLength = -1

/** Postgres counts the microseconds of a time from 2000. */
const postgresEpoch: Micros = Date.UTC(2000, 0, 1) * 1000

/** Decodes arrays of `double precision` into one. Null becomes NaN. */
export function decodeDoubles(...arrays: readonly Buffer[]): Float64Array {
  return decodeArrays(arrays, 'double')
}

/**
 * Decodes arrays of `timestamptz` into one, as microseconds since the Unix epoch: exact from the year
 * 1715 to 2254, because they are doubles. Null becomes NaN.
 */
export function decodeTimes(...arrays: readonly Buffer[]): Float64Array {
  return decodeArrays(arrays, 'time')
}

type ElementType = 'double' | 'time'

function decodeArrays(arrays: readonly Buffer[], type: ElementType): Float64Array {
  const views = arrays.map(
    (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  )
  const decoded = new Float64Array(views.reduce((sum, view) => sum + countOf(view), 0))
  let first = 0
  for (const view of views) {
    const end = first + countOf(view)
    decodeElements(view, type, decoded.subarray(first, end))
    first = end
  }
  return decoded
}

function countOf(view: DataView): number {
  const hasElements = view.getInt32(0) > 0
  return hasElements ? view.getInt32(12) : 0
}

function decodeElements(view: DataView, type: ElementType, decoded: Float64Array): void {
  let position = headerBytes
  for (let index = 0; index < decoded.length; index += 1) {
    const isNull = view.getInt32(position) === nullLength
    position += lengthBytes
    if (isNull) decoded[index] = NaN
    else {
      // Not a function for each type: V8 would allocate an object for each number that it returns.
      decoded[index] =
        type === 'double'
          ? view.getFloat64(position)
          : view.getInt32(position) * 2 ** 32 + view.getUint32(position + 4) + postgresEpoch
      position += valueBytes
    }
  }
}
