import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { beginsWith, peek } from '../../../pipelines/files/content/peek.ts'
import { FileFault } from '../../../pipelines/files/file-fault.ts'

const signature = [0x1f, 0x8b]

/**
 * Text becomes up to about 100 times smaller. Zeros become 1,000 times smaller, and such a file would keep a worker
 * and the database busy for hours.
 */
const maxExpansion = 250
/** Small files may expand more. */
const uncheckedBytes = 64 * 1024 * 1024
const chunkBytes = 65_536

/**
 * The content, decompressed if it begins like a file of gzip. Only some parts are in memory.
 *
 * @throws FileFault if it is damaged, or expands too much
 */
export async function* gunzipped(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const peeked = await peek(content, signature.length)
  if (!beginsWith(peeked.start, signature)) {
    yield* peeked.content
    return
  }
  let compressedBytes = 0
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const part of peeked.content) {
      compressedBytes += part.length
      yield part
    }
  }
  const gunzip = createGunzip({ chunkSize: chunkBytes })
  // The loop below reports an error.
  pipeline(counted, gunzip, () => undefined)
  let bytes = 0
  try {
    for await (const part of gunzip as AsyncIterable<Buffer>) {
      bytes += part.length
      if (bytes > uncheckedBytes && bytes > maxExpansion * compressedBytes) throw expandsTooMuch()
      yield part
    }
  } catch (error) {
    throw toFault(error)
  }
}

const expandsTooMuch = (): FileFault =>
  new FileFault(
    `The file expands to more than ${maxExpansion} times its compressed size. Text never compresses that well. If the content is correct, drop the file uncompressed.`,
  )

function toFault(error: unknown): unknown {
  const isOfZlib = String((error as NodeJS.ErrnoException).code).startsWith('Z_')
  if (!isOfZlib) return error
  return new FileFault(
    `The file cannot be decompressed with gzip: ${(error as Error).message}. Drop a complete copy.`,
  )
}
