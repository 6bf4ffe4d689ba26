import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import type { Request, Response } from 'express'

/** A file in memory with its response headers. */
export type StaticFile = {
  readonly type: string
  readonly body: Buffer
  /** The gzipped body; undefined if it is not at least 10 % smaller. */
  readonly gzipped: Buffer | undefined
  readonly etag: string
}

export function toStaticFile(body: Buffer, type: string): StaticFile {
  const gzipped = gzipSync(body)
  const hash = createHash('sha256').update(body).digest('base64url').slice(0, 22)
  return {
    type,
    body,
    gzipped: gzipped.length < body.length * 0.9 ? gzipped : undefined,
    etag: `"${hash}"`,
  }
}

/**
 * Sends a file from memory; 304 if the client has this version. All responses share the bytes, and
 * none needs a file descriptor. Headers that the caller has set are kept.
 */
export function sendStaticFile(request: Request, response: Response, file: StaticFile): void {
  response.set({ etag: file.etag, vary: 'accept-encoding' })
  if (request.headers['if-none-match'] === file.etag) {
    response.status(304).end()
    return
  }
  const { body, encoding } = selectEncoding(file, request.acceptsEncodings('gzip') === 'gzip')
  if (encoding !== undefined) response.set('content-encoding', encoding)
  response.writeHead(200, { 'content-type': file.type, 'content-length': body.length })
  response.end(body)
}

function selectEncoding({ body, gzipped }: StaticFile, acceptsGzip: boolean) {
  return acceptsGzip && gzipped !== undefined
    ? { body: gzipped, encoding: 'gzip' }
    : { body, encoding: undefined }
}
