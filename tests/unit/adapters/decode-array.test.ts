import { expect } from 'chai'
import {
  decodeDoubles,
  decodeTimes,
} from '../../../services/adapters/postgres/readings/decode-array.ts'

const doubleOid = 701
const timeOid = 1184

/** An array in the format of `array_send`. */
function arrayOf(oid: number, values: readonly (Buffer | null)[]): Buffer {
  const numbers = (...each: readonly number[]) => {
    const bytes = Buffer.alloc(4 * each.length)
    each.forEach((value, index) => bytes.writeInt32BE(value, 4 * index))
    return bytes
  }
  // Dimensions, whether there are nulls, and the type; then the length and the first index.
  if (values.length === 0) return numbers(0, 0, oid)
  const hasNulls = values.includes(null) ? 1 : 0
  const elements = values.flatMap((value) => (value ? [numbers(8), value] : [numbers(-1)]))
  return Buffer.concat([numbers(1, hasNulls, oid, values.length, 1), ...elements])
}

function doubles(...values: readonly (number | null)[]): Buffer {
  const toBytes = (value: number): Buffer => {
    const bytes = Buffer.alloc(8)
    bytes.writeDoubleBE(value)
    return bytes
  }
  return arrayOf(
    doubleOid,
    values.map((value) => (value === null ? null : toBytes(value))),
  )
}

/** @param values microseconds from 2000 */
function times(...values: readonly bigint[]): Buffer {
  const toBytes = (value: bigint): Buffer => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64BE(value)
    return bytes
  }
  return arrayOf(timeOid, values.map(toBytes))
}

describe('decodeDoubles', () => {
  it('decodes the numbers of all arrays in their order, and null as NaN', () => {
    const decoded = decodeDoubles(doubles(1.5, null, -2), doubles(), doubles(null, 1e300))
    expect([...decoded]).to.deep.equal([1.5, NaN, -2, NaN, 1e300])
  })

  it('decodes an array whose bytes start in the middle of a buffer', () => {
    const bytes = Buffer.concat([Buffer.from([1, 2, 3]), doubles(4.25)])
    expect([...decodeDoubles(bytes.subarray(3))]).to.deep.equal([4.25])
  })

  it('returns no numbers without arrays', () => {
    expect([...decodeDoubles()]).to.deep.equal([])
  })
})

describe('decodeTimes', () => {
  it('returns microseconds since the Unix epoch, exact from the year 1715 to 2254', () => {
    const epoch = BigInt(Date.UTC(2000, 0, 1)) * 1000n
    const instants = ['1715-01-01', '1969-12-31', '1999-12-31', '2026-12-01', '2254-12-31'].map(
      (day) => BigInt(Date.parse(`${day}T23:59:59Z`)) * 1000n + 999_999n,
    )
    const decoded = decodeTimes(times(...instants.map((instant) => instant - epoch)))
    expect(Array.from(decoded, BigInt)).to.deep.equal(instants)
  })

  it('decodes null as NaN', () => {
    expect([...decodeTimes(arrayOf(timeOid, [null]))]).to.deep.equal([NaN])
  })
})
