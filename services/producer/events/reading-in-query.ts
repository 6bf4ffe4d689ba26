import type { IncomingMessage } from 'node:http'

/**
 * Some trackers send a reading in the query of a GET request. `/events` stores only what arrives in
 * the body of a POST request, so it must not return 200 for such a query.
 */

const positionParameters = ['lat', 'lon', 'latitude', 'longitude', 'location']
const deviceParameters = ['id', 'deviceid']

/** Whether a GET request carries a reading, in its query or in its body. */
export function hasReading(request: IncomingMessage): boolean {
  const query = queryOf(request)
  const isOfDevice = deviceParameters.some((name) => query.has(name))
  return hasPosition(query) || (isOfDevice && query.has('timestamp')) || hasBody(request)
}

/** Whether the query of a request has a position. */
export function hasPositionInQuery(request: IncomingMessage): boolean {
  // Most requests have no query, and this runs for each POST.
  return request.url?.includes('?') === true && hasPosition(queryOf(request))
}

/**
 * Whether fields that a reading does not have are stored in its metadata: `?unknown=metadata`. Otherwise the
 * reading is refused.
 */
export function keepsUnknownFields(request: IncomingMessage): boolean {
  return request.url?.includes('?') === true && queryOf(request).get('unknown') === 'metadata'
}

function hasPosition(query: URLSearchParams): boolean {
  return positionParameters.some((name) => query.has(name))
}

function queryOf({ url = '' }: IncomingMessage): URLSearchParams {
  const start = url.indexOf('?')
  return new URLSearchParams(start === -1 ? '' : url.slice(start + 1))
}

function hasBody({ headers }: IncomingMessage): boolean {
  return Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined
}
