import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** Whether a request shows the token in its header `Authorization: Bearer`. */
export function hasBearerToken(request: IncomingMessage, token: string): boolean {
  const shown = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? ''
  return equalsSecret(shown, token)
}

/** Whether two texts are the same, in a time that does not tell how much of them is. */
export function equalsSecret(shown: string, secret: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(shown), digest(secret))
}
