import { Readable } from 'node:stream'

/** A body has more bytes than allowed. */
export class TooLargeError extends Error {
  override readonly name = 'TooLargeError'
}

/** The content without change. It ends with a `TooLargeError` after more bytes than allowed. */
export function limitContent(content: AsyncIterable<Buffer>, maxBytes: number): Readable {
  return Readable.from(countBytes(content, maxBytes), { objectMode: false })
}

async function* countBytes(
  content: AsyncIterable<Buffer>,
  maxBytes: number,
): AsyncGenerator<Buffer> {
  let bytes = 0
  for await (const chunk of content) {
    bytes += chunk.length
    if (bytes > maxBytes) throw new TooLargeError()
    yield chunk
  }
}
