import { decompress } from 'fzstd'
import { DecompressionError, tooLarge } from './decompression-error.ts'

/** The parts of a frame that limit its content (RFC 8878, 3.1.1). */
type FrameHeader = {
  readonly firstBlockAt: number
  readonly windowBytes: number
  /** The size of the content, if the frame has it. */
  readonly contentBytes: number | undefined
  readonly checksumBytes: number
}

const frameMagic = 0xfd2fb528
const maxBlockBytes = 128 * 1024
const dictionaryIdBytes = [0, 1, 2, 4] as const

/**
 * Decompresses one Zstandard frame. The library would allocate what the frame says, up to 2 GB. So
 * the size is limited before, by the sizes of the blocks. The result may end with zeros that are not
 * part of the content.
 *
 * @throws DecompressionError; an error of the library
 */
export function decompressZstandard(compressed: Uint8Array, maxBytes: number): Uint8Array {
  const frame = Buffer.from(compressed.buffer, compressed.byteOffset, compressed.length)
  const header = readHeader(frame)
  const most = maxContentBytes(frame, header)
  const size = Math.min(most, header.contentBytes ?? most)
  if (size > maxBytes) throw tooLarge(maxBytes)
  return size === 0 ? Buffer.alloc(0) : decompress(frame, Buffer.alloc(size))
}

function readHeader(frame: Buffer): FrameHeader {
  if (frame.length < 9) throw incomplete()
  if (frame.readUInt32LE(0) !== frameMagic)
    throw new DecompressionError('it is not a Zstandard frame')
  const descriptor = frame.readUInt8(4)
  const isSingleSegment = (descriptor & 0x20) !== 0
  const windowAt = 5
  const dictionaryAt = windowAt + (isSingleSegment ? 0 : 1)
  const sizeAt = dictionaryAt + (dictionaryIdBytes[descriptor & 3] ?? 0)
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0
  const contentBytes = readContentBytes(frame, sizeAt, sizeBytes)
  const windowBytes = isSingleSegment ? contentBytes : toWindowBytes(frame.readUInt8(windowAt))
  return {
    firstBlockAt: sizeAt + sizeBytes,
    windowBytes: windowBytes ?? maxBlockBytes,
    contentBytes,
    checksumBytes: (descriptor & 4) === 0 ? 0 : 4,
  }
}

function readContentBytes(frame: Buffer, at: number, bytes: number): number | undefined {
  if (bytes === 0) return undefined
  if (at + bytes > frame.length) throw incomplete()
  if (bytes === 8) return Number(frame.readBigUInt64LE(at))
  return frame.readUIntLE(at, bytes) + (bytes === 2 ? 256 : 0)
}

function toWindowBytes(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3))
  return base + (base / 8) * (descriptor & 7)
}

/** The most bytes that the blocks of the frame can have. Checks that the frame is complete. */
function maxContentBytes(frame: Buffer, header: FrameHeader): number {
  const { firstBlockAt, windowBytes, checksumBytes } = header
  let total = 0
  for (let at = firstBlockAt; ;) {
    if (at + 3 > frame.length) throw incomplete()
    const block = frame.readUIntLE(at, 3)
    const size = block >> 3
    const type = (block >> 1) & 3
    // Raw bytes, one repeated byte, or a compressed block
    total += type === 2 ? Math.min(maxBlockBytes, windowBytes) : size
    at += 3 + (type === 1 ? 1 : size)
    if ((block & 1) === 0) continue
    if (at + checksumBytes !== frame.length)
      throw new DecompressionError('its Zstandard frame does not end where the batch ends')
    return total
  }
}

function incomplete(): DecompressionError {
  return new DecompressionError('its Zstandard frame is incomplete')
}
