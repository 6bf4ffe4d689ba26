import type { SourceRecord } from '../../../ledger/batch.ts'
import { decimal, readDecimal, readTimestamp } from '../../../ledger/copy/read-scalars.ts'
import type { RowEncoder } from '../../../ledger/copy/row-encoder.ts'
import { powersOfTen } from '../../../ledger/copy/row-encoder.ts'
import { fieldKinds, ObjectScanner } from '../../../ledger/copy/scan-object.ts'
import type { Micros } from '../../time.ts'
import type { NumberField, ReadingField, TextField } from '../fields.ts'
import { readingFields, speedField, vinField } from '../fields.ts'
import { maxClockAheadMicros } from '../reading.ts'
import { ReadingHeaders } from './reading-headers.ts'
import { ShortTexts } from './short-texts.ts'
import { isVin } from './vin-bytes.ts'

const vinIndex = readingFields.indexOf(vinField)

/** Takes the values of a reading in the order of the columns of its table. */
type ValueWriter = Pick<RowEncoder, 'beginRow' | 'writeUtf8' | 'writeValue'>

/**
 * Reads the usual records of the readings' topic in the bytes of their batch, and passes their values on
 * without making texts and objects of them. All other records are left to `decodeReading`, so that one place
 * decides what a record means and what it is refused for. A test compares both.
 */
export class ReadingWriter {
  /** The times of the latest reading. */
  recordedAt: Micros = 0
  receivedAt: Micros = 0
  readonly #target: ValueWriter
  readonly #retentionMicros: Micros
  readonly #scanner = new ObjectScanner(
    readingFields.map(({ name }) => name),
    false,
  )
  readonly #headers = new ReadingHeaders()
  readonly #texts = new ShortTexts()
  #bytes: Uint8Array = new Uint8Array()

  /** @param retentionMicros microseconds for which readings are kept */
  constructor(target: ValueWriter, retentionMicros: Micros) {
    this.#target = target
    this.#retentionMicros = retentionMicros
  }

  /** Returns false for a record that is left to `decodeReading`. */
  write(record: SourceRecord): boolean {
    const place = record.inBatch
    if (place === undefined || !this.#headers.read(place, record.appendedAt)) return false
    const { buffer, valueBegin, valueEnd } = place
    if (!this.#scanner.scan(buffer, valueBegin, valueEnd)) return false
    this.#bytes = buffer
    this.#target.beginRow(valueEnd - valueBegin)
    for (let index = 0; index < readingFields.length; index += 1)
      if (!this.#writeField(index)) return false
    this.receivedAt = this.#headers.receivedAt
    if (!this.#isInTime()) return false
    this.#target.writeValue('timestamp', this.receivedAt)
    return true
  }

  /** The vin of the latest reading. */
  vin(): string {
    return this.#texts.textOf(this.#bytes, this.#beginOf(vinIndex), this.#endOf(vinIndex))
  }

  #beginOf(index: number): number {
    return this.#scanner.begins[index] as number
  }

  #endOf(index: number): number {
    return this.#scanner.ends[index] as number
  }

  #isInTime(): boolean {
    const { recordedAt, receivedAt } = this
    return (
      recordedAt <= receivedAt + maxClockAheadMicros &&
      recordedAt >= receivedAt - this.#retentionMicros
    )
  }

  #writeField(index: number): boolean {
    const field = readingFields[index] as ReadingField
    switch (this.#scanner.kinds[index]) {
      case fieldKinds.text:
        return this.#writeText(field, index)
      case fieldKinds.number:
        return (
          (field.kind === 'number' || field.kind === 'integer') && this.#writeNumber(field, index)
        )
      case fieldKinds.absent:
      case fieldKinds.null:
        return this.#writeAbsent(field)
      default:
        return false
    }
  }

  #writeAbsent(field: ReadingField): boolean {
    if (field.required && (field !== speedField || this.#headers.isSpeedRequired)) return false
    if (field.kind === 'integer') this.#target.writeValue('bigint', 0)
    else this.#target.writeValue('text', null)
    return true
  }

  #writeText(field: ReadingField, index: number): boolean {
    const bytes = this.#bytes
    const begin = this.#beginOf(index)
    const end = this.#endOf(index)
    switch (field.kind) {
      case 'vin':
        if (!isVin(bytes, begin, end)) return false
        this.#target.writeUtf8(bytes, begin, end)
        return true
      case 'time':
        return this.#writeTime(readTimestamp(bytes, begin, end))
      case 'text':
        return this.#writeShortText(field, begin, end)
      default:
        return false
    }
  }

  #writeTime(recordedAt: Micros | undefined): boolean {
    if (recordedAt === undefined) return false
    this.recordedAt = recordedAt
    this.#target.writeValue('timestamp', recordedAt)
    return true
  }

  #writeShortText({ maxLength }: TextField, begin: number, end: number): boolean {
    // A text has no more characters than bytes.
    if (end - begin > maxLength) return false
    this.#target.writeUtf8(this.#bytes, begin, end)
    return true
  }

  #writeNumber(field: NumberField, index: number): boolean {
    const value = readNumber(this.#bytes, this.#beginOf(index), this.#endOf(index))
    if (Number.isNaN(value) || value < field.minimum || value > field.maximum) return false
    if (field.excludesMaximum === true && value === field.maximum) return false
    if (field.kind === 'number') {
      this.#target.writeValue('double', value)
      return true
    }
    if (!Number.isInteger(value)) return false
    this.#target.writeValue('bigint', value)
    return true
  }
}

/** `Number` reads what has more digits than `readDecimal` reads. */
const maxNumberLength = 40

/** Reads a JSON number without exponent. Minus zero is read as zero. Returns NaN for a very long one. */
function readNumber(bytes: Uint8Array, begin: number, end: number): number {
  if (readDecimal(bytes, begin, end)) {
    const { isNegative, digits, fractionDigits } = decimal
    // Both numbers are exact, so the quotient is the nearest double.
    const value = digits / (powersOfTen[fractionDigits] as number)
    return isNegative ? -value : value
  }
  if (end - begin > maxNumberLength) return NaN
  const value = Number(String.fromCharCode(...bytes.subarray(begin, end)))
  return value === 0 ? 0 : value
}
