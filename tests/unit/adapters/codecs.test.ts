import { gzipSync } from 'node:zlib'
import { expect } from 'chai'
import fc from 'fast-check'
import kafkajs from 'kafkajs'
import { compress } from 'snappyjs'
import type { Codec } from '../../../services/adapters/kafka/codecs/codecs.ts'
import {
  maxDecompressedBytes,
  registerCodecs,
} from '../../../services/adapters/kafka/codecs/codecs.ts'

registerCodecs()
const { GZIP, Snappy, LZ4, ZSTD } = kafkajs.CompressionTypes
const codecs = kafkajs.CompressionCodecs as unknown as Record<number, () => Codec>
const codecOf = (type: number): Codec => {
  const create = codecs[type]
  if (create === undefined) throw new Error(`there is no codec ${type}`)
  return create()
}
const names = { Snappy, LZ4, Zstandard: ZSTD }

const text = Buffer.from('speed 12.25, speed 12.25, speed 12.25, heading 90')
const int32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
const little = (value: number, bytes: number) => {
  const buffer = Buffer.alloc(bytes)
  buffer.writeUIntLE(value, 0, bytes)
  return buffer
}

/** The framing of snappy-java around blocks. */
const framed = (...blocks: readonly Buffer[]) =>
  Buffer.concat([
    Buffer.from([0x82]),
    Buffer.from('SNAPPY\0'),
    int32(1),
    int32(1),
    ...blocks.flatMap((block) => [int32(block.length), block]),
  ])

/** An LZ4 frame with independent blocks and without checksums of blocks. */
const lz4Frame = (...blocks: readonly Buffer[]) =>
  Buffer.concat([
    Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82]),
    ...blocks.flatMap((block) => [little(block.length, 4), block]),
    Buffer.alloc(4),
  ])
/** A block with the literals, then a match of `matched` bytes, then the last byte of the frame. */
const lz4Block = (literals: string, distance: number, matched: number) => {
  const extra = matched - 4 - 15
  const lengths = [...Array<number>(Math.floor(extra / 255)).fill(255), extra % 255]
  const token = literals.length * 16 + 15
  return Buffer.from([token, ...Buffer.from(literals), distance, 0, ...lengths, 0x10, 0x21])
}

/** A Zstandard frame without the size of its content, with a window of 128 KiB. */
const zstandardFrame = (...blocks: readonly Buffer[]) =>
  Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38]), ...blocks])
const blockTypes = { raw: 0, repeated: 1, lastRaw: 0, lastRepeated: 1 } as const
const zstandardBlock = (type: keyof typeof blockTypes, size: number, content: Buffer) => {
  const isLast = Number(type.startsWith('last'))
  return Buffer.concat([little((size << 3) | (blockTypes[type] << 1) | isLast, 3), content])
}

const decompressed = async (type: number, bytes: Buffer) =>
  Buffer.from(await codecOf(type).decompress(bytes))
const failure = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no failure',
    (error: unknown) => (error as Error).message,
  )

describe('the codecs', () => {
  it('decompress gzip', async () => {
    expect(await decompressed(GZIP, gzipSync(text))).to.deep.equal(text)
  })

  it('decompress Snappy with the framing of snappy-java and without', async () => {
    expect(await decompressed(Snappy, compress(text))).to.deep.equal(text)
    const two = framed(compress(text), compress(Buffer.from('!')))
    expect((await decompressed(Snappy, two)).toString()).to.equal(`${text.toString()}!`)
  })

  it('decompress LZ4 with matches that overlap and blocks that are not compressed', async () => {
    const frame = lz4Frame(lz4Block('ab', 2, 30))
    expect((await decompressed(LZ4, frame)).toString()).to.equal(`${'ab'.repeat(16)}!`)
    const raw = Buffer.concat([
      lz4Frame().subarray(0, 7),
      little(text.length + 0x80000000, 4),
      text,
      Buffer.alloc(4),
    ])
    expect(await decompressed(LZ4, raw)).to.deep.equal(text)
  })

  it('decompress Zstandard', async () => {
    const frame = zstandardFrame(
      zstandardBlock('raw', text.length, text),
      zstandardBlock('lastRepeated', 5, Buffer.from('!')),
    )
    expect((await decompressed(ZSTD, frame)).toString()).to.equal(`${text.toString()}!!!!!`)
  })

  it('refuse bytes that become too large, before or while they are decompressed', async () => {
    const tooLarge = `it becomes larger than ${maxDecompressedBytes} bytes`
    const block = compress(Buffer.alloc(maxDecompressedBytes / 2 + 1))
    const bombs = [
      [GZIP, gzipSync(Buffer.alloc(maxDecompressedBytes + 1))],
      [Snappy, framed(block, block)],
      [Snappy, Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0])],
      [LZ4, lz4Frame(lz4Block('a', 1, maxDecompressedBytes))],
      [
        ZSTD,
        zstandardFrame(
          ...Array.from({ length: 300 }, (_, index) =>
            zstandardBlock(index === 299 ? 'lastRepeated' : 'repeated', 131_072, Buffer.from('a')),
          ),
        ),
      ],
    ] as const
    for (const [type, bytes] of bombs)
      expect(await failure(codecOf(type).decompress(bytes))).to.include(tooLarge)
  })

  it('do not allocate what a Zstandard frame only announces', async () => {
    // One block of 2 bytes; the frame announces a content of 2^50 bytes and a window of 2^41 bytes.
    const size = Buffer.alloc(8)
    size.writeBigUInt64LE(2n ** 50n)
    const head = Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xc0, 0xf8]), size])
    const frame = Buffer.concat([head, zstandardBlock('lastRaw', 2, Buffer.from('ab'))])
    const result = await codecOf(ZSTD)
      .decompress(frame)
      .catch(() => Buffer.alloc(0))
    expect(result.length).to.be.lessThan(3)
  })

  it('refuse damaged and incomplete bytes', async () => {
    const whole = [
      [GZIP, gzipSync(text)],
      [Snappy, framed(compress(text))],
      [LZ4, lz4Frame(lz4Block('ab', 2, 30))],
      [ZSTD, zstandardFrame(zstandardBlock('lastRaw', text.length, text))],
    ] as const
    for (const [type, bytes] of whole) {
      for (const length of [3, 6, 12, bytes.length - 5]) {
        const message = await failure(codecOf(type).decompress(bytes.subarray(0, length)))
        expect(message, `type ${type}, ${length} bytes`).to.include('it cannot be decompressed')
      }
    }
    const before = lz4Frame(lz4Block('ab', 3, 30))
    expect(await failure(codecOf(LZ4).decompress(before))).to.include('starts before the frame')
  })

  it('end with a result or an error for any bytes', async () => {
    const frames = fc.constantFrom<readonly [number, Buffer]>(
      [Snappy, framed(compress(text))],
      [LZ4, lz4Frame(lz4Block('ab', 2, 300))],
      [ZSTD, zstandardFrame(zstandardBlock('lastRaw', text.length, text))],
    )
    const changes = fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(frames, changes, async ([type, bytes], changed) => {
        const copy = Buffer.from(bytes)
        for (const [at, value] of changed) if (at < copy.length) copy[at] = value
        const result = await codecOf(type)
          .decompress(copy)
          .catch(() => Buffer.alloc(0))
        expect(result.length).to.be.at.most(maxDecompressedBytes)
      }),
      { numRuns: 500 },
    )
  })

  it('refuse to compress with anything but gzip', async () => {
    for (const [name, type] of Object.entries(names)) {
      const message = await failure(codecOf(type).compress({ buffer: text }))
      expect(message).to.equal(
        `The platform cannot compress with ${name}. Use gzip or no compression.`,
      )
    }
    const compressed = await codecOf(GZIP).compress({ buffer: text })
    expect(await decompressed(GZIP, compressed)).to.deep.equal(text)
  })
})
