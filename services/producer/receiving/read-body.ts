import type { IncomingMessage } from 'node:http'

export const maxBodyBytes = 1024 * 1024

export type ReadBody =
  | { readonly kind: 'body'; readonly body: Buffer }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'no-memory' }
  | { readonly kind: 'too-slow' }
  | { readonly kind: 'disconnected' }

/** The memory that a body may use. */
export type BodyMemory = {
  /** Called for every chunk. Returns false if there is no memory for it. */
  readonly reserve: (bytes: number) => boolean
  /** Sets the function that is called when the memory is needed for other requests. */
  readonly onEvicted: (callback: () => void) => void
}

/**
 * Reads the whole body. Stops if it is over `maxBodyBytes`, there is no memory for it, its memory
 * is needed for other requests, or the client disconnects.
 */
export function readBody(request: IncomingMessage, memory: BodyMemory): Promise<ReadBody> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    const stopReading = (kind: 'too-large' | 'no-memory' | 'too-slow'): void => {
      request.removeAllListeners('data').pause()
      chunks.length = 0
      resolve({ kind })
    }
    memory.onEvicted(() => {
      stopReading('too-slow')
    })
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > maxBodyBytes) stopReading('too-large')
      else if (memory.reserve(chunk.length)) chunks.push(chunk)
      else stopReading('no-memory')
    })
    request.on('end', () => {
      const [first] = chunks
      const body = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks)
      resolve({ kind: 'body', body })
    })
    onDisconnect(request, () => {
      resolve({ kind: 'disconnected' })
    })
  })
}

const maxDiscardBytes = 16 * maxBodyBytes
const discardTimeoutMs = 3_000

/**
 * Reads and drops the rest of a body, up to `maxDiscardBytes` and `discardTimeoutMs`. Closing a
 * connection with unread bytes resets it, and the client would not receive the response.
 */
export function discardRest(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let remainingBytes = maxDiscardBytes
    const end = (): void => {
      clearTimeout(timer)
      resolve()
    }
    const timer = setTimeout(end, discardTimeoutMs)
    request.on('data', (chunk: Buffer) => {
      remainingBytes -= chunk.length
      if (remainingBytes < 0) end()
    })
    request.on('end', end)
    onDisconnect(request, end)
    // `readBody` may have paused the request. Adding a listener does not resume it.
    request.resume()
    if (request.complete && request.readableEnded) end()
  })
}

function onDisconnect(request: IncomingMessage, callback: () => void): void {
  request.on('error', callback)
  request.on('close', callback)
}
