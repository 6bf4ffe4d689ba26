import { hash, randomBytes } from 'node:crypto'

/** A new token of a device: 256 random bits. Only its hash is stored, so it can be shown only once. */
export function newToken(): string {
  return randomBytes(32).toString('base64url')
}

/** A slow hash is not needed: a random token of 256 bits cannot be guessed. */
export function hashOfToken(token: string): string {
  return hash('sha256', token, 'base64url')
}
