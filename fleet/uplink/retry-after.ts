import type { IncomingHttpHeaders } from 'node:http'

/** Milliseconds that no wait exceeds: a broken proxy may not silence a fleet for a day. */
const longestWait = 3_600_000

/**
 * Milliseconds to wait by the header `Retry-After` of an answer: whole seconds or an HTTP date (RFC 9110,
 * 10.2.3), which is held against the answer's own `Date`, as the clocks of both ends may differ. Undefined
 * where it is neither, or asks for no wait.
 *
 * @param now milliseconds since the Unix epoch, for an answer without a date
 */
export function parseRetryAfter(
  headers: Pick<IncomingHttpHeaders, 'retry-after' | 'date'>,
  now: number,
): number | undefined {
  const { 'retry-after': text, date } = headers
  if (text === undefined) return undefined
  const sent = Date.parse(date ?? '')
  const begin = Number.isNaN(sent) ? now : sent
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - begin
  return wait > 0 ? Math.min(wait, longestWait) : undefined
}
