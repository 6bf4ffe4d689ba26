import type { Reading } from '../../telemetry/reading.ts'

/**
 * Rows in the binary format of `COPY` (PostgreSQL documentation, COPY, "Binary Format"): neither
 * side turns numbers and times into text and back, which is half of the work of a row.
 */

/** The columns of a row, in its order. */
export const copyColumns =
  'vin, recorded_at, sequence, latitude, longitude, altitude, speed, heading, make, model, metadata, received_at'
const columns = 12

/** A reading on its way into the database. */
export type CopyRow = {
  readonly offset: number
  readonly reading: Reading
  /** Microseconds since the Unix epoch. */
  readonly receivedAt: number
}

const head = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
const trailer = Buffer.from([0xff, 0xff])

/** Bytes that are sent together. */
const chunkBytes = 65_536
/** What a row takes besides its texts, and a bit more. */
const fixedBytes = 256
const bytesPerCharacter = 4
const lengthBytes = 4
const wideBytes = 8
const nullLength = -1
/** Before the text of a `jsonb` (jsonb_recv in PostgreSQL's source). */
const jsonbVersion = 1
/** Microseconds from the Unix epoch to that of Postgres, 2000-01-01. */
const postgresEpoch = 946_684_800_000_000
const twoTo32 = 2 ** 32

/**
 * The bytes of a `COPY` of rows, in pieces.
 *
 * @param withOffset whether each row begins with its record's offset
 */
export function* toCopyChunks(
  rows: readonly CopyRow[],
  { withOffset }: { readonly withOffset: boolean },
): Generator<Buffer> {
  let writer = new RowWriter(chunkBytes)
  writer.bytes(head)
  for (const { offset, reading, receivedAt } of rows) {
    const metadata = reading.metadata === null ? null : JSON.stringify(reading.metadata)
    const most = mostBytes(reading, metadata)
    if (writer.room < most) {
      yield writer.written
      writer = new RowWriter(Math.max(chunkBytes, most))
    }
    writer.fields(withOffset ? columns + 1 : columns)
    if (withOffset) writer.integer(offset)
    writeReading(writer, reading)
    writer.json(metadata)
    writer.time(receivedAt)
  }
  yield writer.written
  yield trailer
}

function mostBytes({ vin, make, model }: Reading, metadata: string | null): number {
  const characters =
    vin.length + (make?.length ?? 0) + (model?.length ?? 0) + (metadata?.length ?? 0)
  return fixedBytes + characters * bytesPerCharacter
}

function writeReading(writer: RowWriter, reading: Reading): void {
  writer.text(reading.vin)
  writer.time(reading.recordedAt)
  writer.integer(reading.sequence)
  writer.double(reading.latitude)
  writer.double(reading.longitude)
  writer.double(reading.altitude)
  writer.double(reading.speed)
  writer.double(reading.heading)
  writer.text(reading.make)
  writer.text(reading.model)
}

/** Fields one after another, each with its length before it. */
class RowWriter {
  readonly #buffer: Buffer
  #at = 0

  constructor(size: number) {
    this.#buffer = Buffer.allocUnsafe(size)
  }

  get room(): number {
    return this.#buffer.length - this.#at
  }

  get written(): Buffer {
    return this.#buffer.subarray(0, this.#at)
  }

  bytes(bytes: Buffer): void {
    this.#at += bytes.copy(this.#buffer, this.#at)
  }

  /** A row begins with the number of its fields. */
  fields(count: number): void {
    this.#at = this.#buffer.writeInt16BE(count, this.#at)
  }

  integer(value: number): void {
    this.#length(wideBytes)
    const high = Math.floor(value / twoTo32)
    this.#at = this.#buffer.writeInt32BE(high, this.#at)
    this.#at = this.#buffer.writeUInt32BE(value - high * twoTo32, this.#at)
  }

  time(microseconds: number): void {
    this.integer(microseconds - postgresEpoch)
  }

  double(value: number | null): void {
    if (value === null) {
      this.#length(nullLength)
      return
    }
    this.#length(wideBytes)
    this.#at = this.#buffer.writeDoubleBE(value, this.#at)
  }

  text(value: string | null): void {
    if (value === null) this.#length(nullLength)
    else this.#sized(() => this.#characters(value))
  }

  json(text: string | null): void {
    if (text === null) {
      this.#length(nullLength)
      return
    }
    this.#sized(() => {
      this.#at = this.#buffer.writeUInt8(jsonbVersion, this.#at)
      this.#characters(text)
    })
  }

  #length(bytes: number): void {
    this.#at = this.#buffer.writeInt32BE(bytes, this.#at)
  }

  /** Writes a field whose length is known only afterwards. */
  #sized(write: () => void): void {
    const before = this.#at
    this.#at += lengthBytes
    write()
    this.#buffer.writeInt32BE(this.#at - before - lengthBytes, before)
  }

  /** Short texts are nearly always ASCII: to write these here is cheaper than to call for it. */
  #characters(text: string): void {
    const begin = this.#at
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index)
      if (code > 0x7f || index > 40) {
        this.#at = begin + this.#buffer.write(text, begin, 'utf8')
        return
      }
      this.#buffer[begin + index] = code
    }
    this.#at = begin + text.length
  }
}
