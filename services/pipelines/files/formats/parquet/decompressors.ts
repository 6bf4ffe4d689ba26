import type { Compressors } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'

/** Pages usually have 1 MiB. The size is written in the file, so it could have any value. */
const maxPageBytes = 67_108_864

/** The decompressors of Parquet, which write at most 64 MiB per page. */
export const decompressors: Compressors = Object.fromEntries(
  Object.entries(compressors).map(([codec, decompress]) => [
    codec,
    (input: Uint8Array, outputBytes: number): Uint8Array => {
      if (outputBytes > maxPageBytes) throw new RangeError(`a page has ${outputBytes} bytes`)
      // The library refuses the empty block of LZ4, which a page with only nulls has.
      return outputBytes === 0 ? new Uint8Array(0) : decompress(input, outputBytes)
    },
  ]),
)
