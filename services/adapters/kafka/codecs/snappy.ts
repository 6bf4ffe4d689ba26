import { uncompress } from 'snappyjs'
import { DecompressionError, tooLarge } from './decompression-error.ts'

/** The first bytes of the framing of snappy-java (xerial), which Kafka's Java client writes. */
const framingMagic = Buffer.from([0x82, ...Buffer.from('SNAPPY'), 0])
/** The magic bytes, the version and the lowest compatible version. */
const framingHeaderBytes = framingMagic.length + 8

/**
 * Decompresses Snappy. Kafka's Java client writes blocks, each after its length; other clients write
 * one block without framing.
 */
export function decompressSnappy(compressed: Uint8Array, maxBytes: number): Uint8Array {
  const bytes = Buffer.from(compressed.buffer, compressed.byteOffset, compressed.length)
  if (!bytes.subarray(0, framingMagic.length).equals(framingMagic)) {
    if (lengthOfContent(bytes) > maxBytes) throw tooLarge(maxBytes)
    return uncompress(bytes)
  }
  if (bytes.length < framingHeaderBytes) throw incomplete()
  const blocks: Uint8Array[] = []
  let total = 0
  for (let at = framingHeaderBytes; at < bytes.length;) {
    if (at + 4 > bytes.length) throw incomplete()
    const end = at + 4 + bytes.readUInt32BE(at)
    if (end > bytes.length) throw incomplete()
    const block = bytes.subarray(at + 4, end)
    total += lengthOfContent(block)
    if (total > maxBytes) throw tooLarge(maxBytes)
    blocks.push(uncompress(block))
    at = end
  }
  return Buffer.concat(blocks)
}

/** A block begins with the length of its content, as a varint. */
function lengthOfContent(block: Buffer): number {
  let length = 0
  for (let index = 0; index < 5; index += 1) {
    const byte = block[index] ?? 0
    length += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) break
  }
  return length
}

function incomplete(): DecompressionError {
  return new DecompressionError('its last block is incomplete')
}
