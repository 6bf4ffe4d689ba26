import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import type { Request, Response } from 'express'
import { reserveBody } from '../limits/response-budget.ts'
import { responseMemoryFull, sendProblem } from '../problem.ts'

/** Bytes of a file that wait in memory for a client: Node reads the next piece while one is sent. */
const maxBufferedBytes = 2 * 65_536

/** The first and the last byte of a part of a file. */
type ByteRange = { readonly first: number; readonly last: number }

/**
 * Sends a file that is too large for memory, or the byte range of it that the client requests (RFC
 * 9110, section 14). The file is open only while this response is sent: it is closed when the
 * response is complete and when the client disconnects. Headers that the caller has set are kept.
 * Sends 503 if the memory for responses is full.
 *
 * @returns false if the file cannot be read; nothing was sent then
 */
export async function sendLargeFile(
  request: Request,
  response: Response,
  path: string,
): Promise<boolean> {
  const file = await open(path).catch(() => undefined)
  if (file === undefined) return false
  try {
    const stats = await file.stat()
    if (!stats.isFile()) return false
    const etag = `"${stats.mtimeMs.toString(36)}-${stats.size.toString(36)}"`
    response.set({ etag, 'accept-ranges': 'bytes' })
    await sendVersion({ request, response, file }, { etag, size: stats.size })
    return true
  } finally {
    await file.close()
  }
}

type Transfer = {
  readonly request: Request
  readonly response: Response
  readonly file: FileHandle
}

async function sendVersion(
  transfer: Transfer,
  { etag, size }: { readonly etag: string; readonly size: number },
): Promise<void> {
  const { request, response } = transfer
  if (request.headers['if-none-match'] === etag) {
    response.status(304).end()
    return
  }
  const isSameVersion = (request.headers['if-range'] ?? etag) === etag
  const range = isSameVersion ? parseRange(request.headers.range, size) : 'whole'
  if (range === 'unsatisfiable') {
    response.writeHead(416, { 'content-range': `bytes */${size}`, 'content-length': 0 }).end()
  } else if (!reserveBody(response, maxBufferedBytes)) {
    sendProblem(response, responseMemoryFull)
  } else await sendRange(transfer, range, size)
}

async function sendRange(
  transfer: Transfer,
  range: ByteRange | 'whole',
  size: number,
): Promise<void> {
  const { request, response } = transfer
  const { first, last } = range === 'whole' ? { first: 0, last: size - 1 } : range
  response.set('content-length', String(last - first + 1))
  if (range !== 'whole') response.set('content-range', `bytes ${first}-${last}/${size}`)
  response.status(range === 'whole' ? 200 : 206)
  if (request.method === 'HEAD' || size === 0) response.end()
  else await sendBytes(transfer, { first, last })
}

async function sendBytes({ response, file }: Transfer, { first, last }: ByteRange): Promise<void> {
  // For a response whose client has already disconnected, `pipeline` might wait without end.
  if (response.destroyed || response.closed) return
  const source = file.createReadStream({ start: first, end: last, autoClose: false })
  try {
    await pipeline(source, response)
  } catch {
    // The client has disconnected, or the file has become shorter: the response is incomplete.
    response.destroy()
  }
}

/** A header with several ranges is ignored, as RFC 9110 allows. */
function parseRange(
  header: string | undefined,
  size: number,
): ByteRange | 'whole' | 'unsatisfiable' {
  const range = toRange(/^bytes=(\d*)-(\d*)$/.exec(header ?? ''), size)
  if (range === undefined || range.last < range.first) return 'whole'
  if (range.first >= size) return 'unsatisfiable'
  return { first: range.first, last: Math.min(range.last, size - 1) }
}

/** The last byte may be beyond the end of the file. */
function toRange(match: RegExpExecArray | null, size: number): ByteRange | undefined {
  const [, from = '', to = ''] = match ?? []
  if (from !== '') return { first: Number(from), last: to === '' ? Infinity : Number(to) }
  return to === '' ? undefined : { first: Math.max(size - Number(to), 0), last: Infinity }
}
