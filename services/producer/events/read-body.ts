import type { IncomingMessage } from 'node:http'

export const maxBodyBytes = 1024 * 1024

export type ReadBody =
  | { readonly kind: 'body'; readonly body: Buffer }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'no-room' }
  | { readonly kind: 'too-slow' }
  | { readonly kind: 'gone' }

/** Where a body's bytes are counted. */
export type BodyMemory = {
  /** Asked for every piece as it arrives. */
  readonly reserve: (bytes: number) => boolean
  /** Tells when the body has to give way to others. */
  readonly onEvicted: (then: () => void) => void
}

/**
 * The whole body, unless it is over the limit, there is no room for it, it has to give way to
 * others while it is on its way, or the client goes away before its end.
 */
export function readBody(request: IncomingMessage, room: BodyMemory): Promise<ReadBody> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    const giveUp = (kind: 'too-large' | 'no-room' | 'too-slow'): void => {
      request.removeAllListeners('data').pause()
      chunks.length = 0
      resolve({ kind })
    }
    room.onEvicted(() => {
      giveUp('too-slow')
    })
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > maxBodyBytes) giveUp('too-large')
      else if (room.reserve(chunk.length)) chunks.push(chunk)
      else giveUp('no-room')
    })
    request.on('end', () => {
      const [only] = chunks
      const body = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks)
      resolve({ kind: 'body', body })
    })
    onGone(request, () => {
      resolve({ kind: 'gone' })
    })
  })
}

const discardAtMost = 16 * maxBodyBytes
const discardWithin = 3_000

/**
 * Reads what is left of a body that is not wanted, within limits: a connection that is closed
 * over unread bytes is reset, and takes the answer with it.
 */
export function discardRest(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let left = discardAtMost
    const end = (): void => {
      clearTimeout(timer)
      resolve()
    }
    const timer = setTimeout(end, discardWithin)
    request.on('data', (chunk: Buffer) => {
      left -= chunk.length
      if (left < 0) end()
    })
    request.on('end', end)
    onGone(request, end)
    // `readBody` may have paused it, which a new listener alone does not undo.
    request.resume()
    if (request.complete && request.readableEnded) end()
  })
}

function onGone(request: IncomingMessage, then: () => void): void {
  request.on('error', then)
  request.on('close', then)
}
