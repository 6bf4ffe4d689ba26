import type { RowEntry, SourceRecord } from '../../../ledger/batch.ts'
import type { EncodedRow } from '../../../ledger/table-schema.ts'
import type { Micros } from '../../time.ts'
import type { JsonObject, Reading, ReceivedReading } from '../reading.ts'
import { decodeReading } from '../decode-reading.ts'

/** The values of an encoded reading that the consumer needs for each reading. */
type KnownValues = Pick<Reading, 'vin' | 'recordedAt'> & Pick<ReceivedReading, 'receivedAt'>

/**
 * An entry, its row, its reading and the bytes of the row in one object, because a consumer keeps many of
 * them until they are stored. The other values are decoded only if they are needed.
 */
export class EncodedReading
  implements RowEntry<ReceivedReading>, ReceivedReading, Reading, EncodedRow
{
  readonly kind = 'row'
  readonly offset: number
  readonly original: SourceRecord
  readonly bytes: Uint8Array
  readonly begin: number
  readonly end: number
  readonly vin: string
  readonly recordedAt: Micros
  readonly receivedAt: Micros
  #decoded: Reading | undefined

  constructor(record: SourceRecord, { bytes, begin, end }: EncodedRow, values: KnownValues) {
    this.offset = record.offset
    this.original = record
    this.bytes = bytes
    this.begin = begin
    this.end = end
    this.vin = values.vin
    this.recordedAt = values.recordedAt
    this.receivedAt = values.receivedAt
  }

  get row(): this {
    return this
  }

  get reading(): this {
    return this
  }

  get encoded(): this {
    return this
  }

  get sequence(): number {
    return this.#values.sequence
  }

  get latitude(): number {
    return this.#values.latitude
  }

  get longitude(): number {
    return this.#values.longitude
  }

  get altitude(): number | null {
    return this.#values.altitude
  }

  get speed(): number | null {
    return this.#values.speed
  }

  get heading(): number | null {
    return this.#values.heading
  }

  get make(): string | null {
    return this.#values.make
  }

  get model(): string | null {
    return this.#values.model
  }

  get metadata(): JsonObject | null {
    return this.#values.metadata
  }

  get #values(): Reading {
    this.#decoded ??= this.#decode()
    return this.#decoded
  }

  #decode(): Reading {
    // It is in time, however long readings are kept.
    const entry = decodeReading(this.original, Infinity)
    if (entry.kind === 'row') return entry.row.reading
    throw new Error(`A reading was encoded that is refused: ${entry.detail}`)
  }
}
