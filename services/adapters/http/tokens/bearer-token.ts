import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** Whether a request proves that it may do something. */
export type TokenVerdict = 'valid' | 'missing' | 'wrong'

/** Checks the header `Authorization: Bearer` of a request. */
export function checkBearerToken(request: IncomingMessage, token: string): TokenVerdict {
  const { authorization } = request.headers
  if (authorization === undefined) return 'missing'
  const received = /^Bearer (.+)$/i.exec(authorization)?.[1] ?? ''
  return equalsSecret(received, token) ? 'valid' : 'wrong'
}

/** Compares two texts in constant time: the duration does not reveal how many characters match. */
export function equalsSecret(received: string, secret: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(received), digest(secret))
}
