import type { RecordBytes } from '../../../ledger/batch.ts'
import { readTimestamp } from '../../../ledger/copy/read-scalars.ts'
import type { Micros } from '../../time.ts'
import { isStorableTime } from '../../time.ts'
import { headerNames, isReceivedInTime, schemaVersion, schemaVersionWithoutSpeed } from '../wire.ts'

const maxHeaders = 16
const numbersOfHeader = 4

const utf8 = new TextEncoder()
const [versionName, receivedAtName, refusedCodeName, refusedDetailName] = [
  headerNames.schemaVersion,
  headerNames.receivedAt,
  headerNames.refusedCode,
  headerNames.refusedDetail,
].map((name) => utf8.encode(name)) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
const [versionBytes, versionWithoutSpeedBytes] = [schemaVersion, schemaVersionWithoutSpeed].map(
  (version) => utf8.encode(version),
) as [Uint8Array, Uint8Array]

/** Reads the headers of the usual records of readings in their bytes. */
export class ReadingHeaders {
  /** When the reading of the latest record was received. */
  receivedAt: Micros = 0
  isSpeedRequired = true
  readonly #places = new Int32Array(maxHeaders * numbersOfHeader)
  #hasVersion = false
  #hasReceivedAt = false

  /**
   * @param appendedAt when the broker appended the record
   * @returns false for a record that `decodeReading` must decode
   */
  read(record: RecordBytes, appendedAt: Micros): boolean {
    this.#hasVersion = false
    this.#hasReceivedAt = false
    this.isSpeedRequired = true
    this.receivedAt = appendedAt
    const count = record.findHeaders(this.#places)
    if (count < 0) return false
    for (let at = 0; at < count * numbersOfHeader; at += numbersOfHeader)
      if (!this.#readHeader(record.buffer, at)) return false
    return isStorableTime(this.receivedAt) && isReceivedInTime(this.receivedAt, appendedAt)
  }

  #readHeader(bytes: Uint8Array, at: number): boolean {
    if (this.#isAt(bytes, at, receivedAtName)) return this.#readReceivedAt(bytes, at + 2)
    if (this.#isAt(bytes, at, versionName)) return this.#readVersion(bytes, at + 2)
    return !this.#isAt(bytes, at, refusedCodeName) && !this.#isAt(bytes, at, refusedDetailName)
  }

  /** A repeated header is left to `decodeReading`. */
  #readReceivedAt(bytes: Uint8Array, at: number): boolean {
    const [begin, end] = [this.#places[at] as number, this.#places[at + 1] as number]
    const receivedAt = this.#hasReceivedAt ? undefined : readTimestamp(bytes, begin, end)
    if (receivedAt === undefined) return false
    this.#hasReceivedAt = true
    this.receivedAt = receivedAt
    return true
  }

  #readVersion(bytes: Uint8Array, at: number): boolean {
    if (this.#hasVersion) return false
    this.#hasVersion = true
    this.isSpeedRequired = this.#isAt(bytes, at, versionBytes)
    return this.isSpeedRequired || this.#isAt(bytes, at, versionWithoutSpeedBytes)
  }

  /** Whether the bytes at a place are `expected`. */
  #isAt(bytes: Uint8Array, at: number, expected: Uint8Array): boolean {
    const begin = this.#places[at] as number
    if ((this.#places[at + 1] as number) - begin !== expected.length) return false
    for (let index = 0; index < expected.length; index += 1)
      if (bytes[begin + index] !== expected[index]) return false
    return true
  }
}
