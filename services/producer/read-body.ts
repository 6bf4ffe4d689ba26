import type { IncomingMessage } from 'node:http'

export const maxBodyBytes = 1024 * 1024

export type ReadBody =
  | { readonly kind: 'body'; readonly body: Buffer }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'no-room' }
  | { readonly kind: 'gone' }

/**
 * The whole body, unless it is over the limit, there is no room for it, or the client goes away
 * before its end.
 *
 * @param take asked for room for every piece as it arrives
 */
export function readBody(
  request: IncomingMessage,
  take: (bytes: number) => boolean,
): Promise<ReadBody> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    const giveUp = (kind: 'too-large' | 'no-room'): void => {
      request.removeAllListeners('data').pause()
      resolve({ kind })
    }
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > maxBodyBytes) giveUp('too-large')
      else if (take(chunk.length)) chunks.push(chunk)
      else giveUp('no-room')
    })
    request.on('end', () => {
      resolve({ kind: 'body', body: Buffer.concat(chunks) })
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
    if (request.complete && request.readableEnded) end()
  })
}

function onGone(request: IncomingMessage, then: () => void): void {
  request.on('error', then)
  request.on('close', then)
}
