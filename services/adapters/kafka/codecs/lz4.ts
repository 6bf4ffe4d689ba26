import { DecompressionError, tooLarge } from './decompression-error.ts'

/**
 * Decompression of the LZ4 frame format, after its public specification (LZ4 Frame Format 1.6.4 and
 * LZ4 Block Format). The checksums in a frame are not verified: Kafka's checksum covers the batch.
 */

const frameMagic = 0x184d2204
const flags = { version: 0xc0, blockChecksum: 0x10, contentSize: 0x08, dictionary: 0x01 } as const
const supportedVersion = 0x40
const isUncompressedBit = 0x80000000
const minMatchBytes = 4
/** A length of 15 in a token continues in the following bytes, up to one below 255. */
const longLength = 15

/** @throws DecompressionError */
export function decompressLz4(compressed: Uint8Array, maxBytes: number): Uint8Array {
  const frame = Buffer.from(compressed.buffer, compressed.byteOffset, compressed.length)
  const { firstBlockAt, blockChecksumBytes } = readHeader(frame)
  const output = new Output(Math.min(maxBytes, Math.max(65_536, 4 * frame.length)), maxBytes)
  for (let at = firstBlockAt; ;) {
    if (at + 4 > frame.length) throw incomplete()
    const field = frame.readUInt32LE(at)
    if (field === 0) return output.bytes()
    const isUncompressed = field >= isUncompressedBit
    const start = at + 4
    const end = start + (isUncompressed ? field - isUncompressedBit : field)
    if (end > frame.length) throw incomplete()
    if (isUncompressed) output.append(frame, start, end)
    else decompressBlock(frame.subarray(start, end), output)
    at = end + blockChecksumBytes
  }
}

function readHeader(frame: Buffer): { firstBlockAt: number; blockChecksumBytes: number } {
  if (frame.length < 7) throw incomplete()
  if (frame.readUInt32LE(0) !== frameMagic) throw new DecompressionError('it is not an LZ4 frame')
  const given = frame.readUInt8(4)
  if ((given & flags.version) !== supportedVersion || (given & flags.dictionary) !== 0)
    throw new DecompressionError('its LZ4 frame has an unknown version or needs a dictionary')
  const contentSizeBytes = (given & flags.contentSize) === 0 ? 0 : 8
  return {
    // Magic number, flags, block size, content size if present, checksum of the header
    firstBlockAt: 4 + 2 + contentSizeBytes + 1,
    blockChecksumBytes: (given & flags.blockChecksum) === 0 ? 0 : 4,
  }
}

/** A block is a list of sequences: literal bytes, then a match, i.e. a copy of earlier bytes. */
function decompressBlock(block: Buffer, output: Output): void {
  const input = new Input(block)
  while (!input.isAtEnd()) {
    const token = input.byte()
    const literals = input.length(token >> 4)
    output.append(block, input.at, input.skip(literals))
    // The last sequence has no match.
    if (input.isAtEnd()) return
    const distance = input.byte() + 256 * input.byte()
    output.repeat(distance, input.length(token & 15) + minMatchBytes)
  }
}

class Input {
  at = 0
  readonly #block: Buffer

  constructor(block: Buffer) {
    this.#block = block
  }

  isAtEnd(): boolean {
    return this.at >= this.#block.length
  }

  byte(): number {
    const byte = this.#block[this.at]
    if (byte === undefined) throw incomplete()
    this.at += 1
    return byte
  }

  /** A length whose first part is in the token. */
  length(inToken: number): number {
    let length = inToken
    if (inToken < longLength) return length
    for (;;) {
      const byte = this.byte()
      length += byte
      if (byte < 255) return length
    }
  }

  /** Returns the position after `count` bytes. */
  skip(count: number): number {
    if (this.at + count > this.#block.length) throw incomplete()
    this.at += count
    return this.at
  }
}

/** Grows up to `maxBytes`. */
class Output {
  #buffer: Buffer
  #length = 0
  readonly #maxBytes: number

  constructor(initialBytes: number, maxBytes: number) {
    this.#buffer = Buffer.allocUnsafe(initialBytes)
    this.#maxBytes = maxBytes
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  append(source: Buffer, start: number, end: number): void {
    this.#reserve(end - start)
    source.copy(this.#buffer, this.#length, start, end)
    this.#length += end - start
  }

  /** Appends `count` bytes from `distance` bytes before the end. They may overlap what is appended. */
  repeat(distance: number, count: number): void {
    const from = this.#length - distance
    if (distance === 0 || from < 0) throw new DecompressionError('a match starts before the frame')
    this.#reserve(count)
    const end = this.#length + count
    // Each step doubles what can be copied without overlap.
    for (let at = this.#length; at < end;) {
      const copied = Math.min(at - from, end - at)
      this.#buffer.copyWithin(at, from, from + copied)
      at += copied
    }
    this.#length = end
  }

  #reserve(count: number): void {
    const needed = this.#length + count
    if (needed <= this.#buffer.length) return
    if (needed > this.#maxBytes) throw tooLarge(this.#maxBytes)
    const grown = Buffer.allocUnsafe(Math.min(this.#maxBytes, 2 * needed))
    this.#buffer.copy(grown, 0, 0, this.#length)
    this.#buffer = grown
  }
}

function incomplete(): DecompressionError {
  return new DecompressionError('its LZ4 frame is incomplete')
}
