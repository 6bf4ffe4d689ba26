/** The types of values in requests and answers with tagged fields, as the Kafka protocol guide describes them. */

export const noTags = Buffer.from([0])

/** The number of elements of a list, or of bytes of a text, plus one. */
export const sizeOf = (count: number): Buffer => Buffer.from(varintBytes(count + 1))

function varintBytes(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varintBytes(value >>> 7)]
}

/** A text or bytes with their length. */
export function sized(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([sizeOf(bytes.length), bytes])
}

/** A list of elements that are written already. */
export const listOf = (...elements: readonly Buffer[]): Buffer =>
  Buffer.concat([sizeOf(elements.length), ...elements])

/** A list or a text that is null. */
export const nothing = Buffer.from([0])

export const flag = (value: boolean): Buffer => Buffer.from([value ? 1 : 0])

export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

export function int64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt(value))
  return bytes
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

export class WireReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** The bytes that have not been read. */
  get rest(): Buffer {
    return this.#bytes.subarray(this.#at)
  }

  skip(bytes: number): void {
    this.#at += bytes
  }

  readInt16(): number {
    this.#at += 2
    return this.#bytes.readInt16BE(this.#at - 2)
  }

  readInt32(): number {
    this.#at += 4
    return this.#bytes.readInt32BE(this.#at - 4)
  }

  readId(): string {
    const hex = this.#bytes.toString('hex', this.#at, this.#at + 16)
    this.#at += 16
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
  }

  /** The number of elements of a list or of bytes of a text; -1 for null. */
  readSize(): number {
    return this.#readVarint() - 1
  }

  /** @returns an empty text for null */
  readText(): string {
    const size = Math.max(0, this.readSize())
    this.#at += size
    return this.#bytes.toString('utf8', this.#at - size, this.#at)
  }

  skipText(): void {
    this.skip(Math.max(0, this.readSize()))
  }

  skipTags(): void {
    const tags = this.#readVarint()
    for (let tag = 0; tag < tags; tag += 1) {
      this.#readVarint()
      this.skip(this.#readVarint())
    }
  }

  #readVarint(): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes.readUInt8(this.#at)
      this.#at += 1
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
}
