import type { IncomingHttpHeaders } from 'node:http'

/** Upper limit, so that a faulty proxy cannot stop a fleet for a day. */
const maxWaitMs = 3_600_000

/**
 * Milliseconds to wait according to the header `Retry-After`: whole seconds or an HTTP date (RFC 9110,
 * 10.2.3). A date is compared with the response's `Date`, because the clocks of both ends can differ.
 * Undefined if the header is missing or invalid, or requests no wait.
 *
 * @param now milliseconds since the Unix epoch, for a response without `Date`
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
  return wait > 0 ? Math.min(wait, maxWaitMs) : undefined
}
