import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** Whether the request has the token in its header `Authorization: Bearer`. */
export function hasBearerToken(request: IncomingMessage, token: string): boolean {
  const received = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? ''
  return equalsSecret(received, token)
}

/** Compares two texts in constant time: the duration does not reveal how many characters match. */
export function equalsSecret(received: string, secret: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(received), digest(secret))
}
