/** Milliseconds that no wait exceeds: a broken proxy may not silence a fleet for a day. */
const longestWait = 3_600_000

/**
 * Milliseconds to wait by a `Retry-After` header: whole seconds or an HTTP date (RFC 9110, 10.2.3).
 * Undefined where it is neither.
 *
 * @param now milliseconds since the Unix epoch
 */
export function parseRetryAfter(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), longestWait)
}
