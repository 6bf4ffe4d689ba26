import type { IncomingMessage } from 'node:http'

export const maxBodyBytes = 1024 * 1024

export type ReadBody =
  | { readonly kind: 'body'; readonly body: Buffer }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'gone' }

/** The whole body, unless it is over the limit or the client goes away before its end. */
export function readBody(request: IncomingMessage): Promise<ReadBody> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > maxBodyBytes) {
        request.removeAllListeners('data').pause()
        resolve({ kind: 'too-large' })
      } else {
        chunks.push(chunk)
      }
    })
    request.on('end', () => {
      resolve({
        kind: 'body',
        body: chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks),
      })
    })
    const gone = (): void => {
      resolve({ kind: 'gone' })
    }
    request.on('error', gone)
    request.on('close', gone)
  })
}
