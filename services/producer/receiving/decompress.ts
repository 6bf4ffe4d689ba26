import { createGunzip } from 'node:zlib'

export type Decompressed =
  | { readonly kind: 'body'; readonly body: Buffer }
  | { readonly kind: 'too-large' | 'no-memory' | 'invalid' }

export type DecompressOptions = {
  readonly maxBytes: number
  /** Called for every piece of the result. Returns false if there is no memory for it. */
  readonly reserve: (bytes: number) => boolean
}

/** Decompresses gzip piece by piece. Stops at the first piece that exceeds a limit. */
export async function decompress(
  compressed: Buffer,
  { maxBytes, reserve }: DecompressOptions,
): Promise<Decompressed> {
  const pieces: Buffer[] = []
  let size = 0
  const gunzip = createGunzip()
  gunzip.end(compressed)
  try {
    for await (const piece of gunzip as AsyncIterable<Buffer>) {
      size += piece.length
      if (size > maxBytes) return { kind: 'too-large' }
      if (!reserve(piece.length)) return { kind: 'no-memory' }
      pieces.push(piece)
    }
  } catch {
    return { kind: 'invalid' }
  }
  return { kind: 'body', body: Buffer.concat(pieces) }
}
