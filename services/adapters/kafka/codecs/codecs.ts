import { promisify } from 'node:util'
import { gzip, unzip } from 'node:zlib'
import kafkajs from 'kafkajs'
import { tooLarge } from './decompression-error.ts'
import { decompressLz4 } from './lz4.ts'
import { decompressSnappy } from './snappy.ts'
import { decompressZstandard } from './zstandard.ts'

/**
 * A batch that is larger than this after decompression cannot be read. Kafka accepts batches of up
 * to 1 MB after compression by default.
 */
export const maxDecompressedBytes = 32 * 1024 * 1024

/** A codec of kafkajs. It compresses the bytes of an encoder. */
export type Codec = {
  readonly compress: (encoder: { readonly buffer: Buffer }) => Promise<Buffer>
  /** Rejects if the bytes are damaged or become too large. */
  readonly decompress: (compressed: Buffer) => Promise<Uint8Array>
}

const compressGzip = promisify<Buffer, Buffer>(gzip)
const decompressGzip = promisify<Buffer, { maxOutputLength: number }, Buffer>(unzip)

const gzipCodec: Codec = {
  compress: ({ buffer }) => compressGzip(buffer),
  decompress: (compressed) => {
    const decompressed = decompressGzip(compressed, { maxOutputLength: maxDecompressedBytes })
    return decompressed.catch((error: unknown) => {
      const isTooLarge = (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE'
      throw toFault('gzip', isTooLarge ? tooLarge(maxDecompressedBytes) : error)
    })
  },
}

type Decompress = (compressed: Uint8Array, maxBytes: number) => Uint8Array

function readOnlyCodec(name: string, decompress: Decompress): Codec {
  return {
    compress: () =>
      Promise.reject(
        new Error(`The platform cannot compress with ${name}. Use gzip or no compression.`),
      ),
    decompress: (compressed) => {
      try {
        return Promise.resolve(decompress(compressed, maxDecompressedBytes))
      } catch (error) {
        return Promise.reject(toFault(name, error))
      }
    },
  }
}

/** A sentence about the batch, as the other reasons why a batch cannot be read. */
function toFault(name: string, error: unknown): Error {
  return new Error(`it cannot be decompressed (${name}): ${(error as Error).message}`)
}

const codecs: Readonly<Record<1 | 2 | 3 | 4, Codec>> = {
  [kafkajs.CompressionTypes.GZIP]: gzipCodec,
  [kafkajs.CompressionTypes.Snappy]: readOnlyCodec('Snappy', decompressSnappy),
  [kafkajs.CompressionTypes.LZ4]: readOnlyCodec('LZ4', decompressLz4),
  [kafkajs.CompressionTypes.ZSTD]: readOnlyCodec('Zstandard', decompressZstandard),
}

/** Lets all clients of kafkajs in this process read compressed batches. */
export function registerCodecs(): void {
  const registry = kafkajs.CompressionCodecs as Record<number, () => Codec>
  for (const [type, codec] of Object.entries(codecs)) registry[Number(type)] = () => codec
}
