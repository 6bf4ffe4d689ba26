import { requestTimeout } from '../adapters/http/client-error.ts'
import type { Problem } from '../adapters/http/problem.ts'
import { devicesPath } from './devices/device-path.ts'
import type { Rejected } from './events/accept-readings.ts'
import { maxBodyBytes } from './receiving/read-body.ts'

/** The error responses of the producer. Each detail says what was wrong and what to do. */

export const tokenRequired: Problem = {
  status: 401,
  title: 'Token required',
  detail:
    'The token is missing or wrong. Send the header Authorization: Bearer TOKEN with the token of the device, or with that of ingress.tokenFile.',
  headers: { 'www-authenticate': 'Bearer' },
}

export const deviceTokenRequired: Problem = {
  ...tokenRequired,
  detail:
    'The token is missing or wrong. Send the token of the device, or that of ingress.tokenFile, at the end of the path, as the password of the app, or in the header Authorization: Bearer TOKEN.',
  headers: { 'www-authenticate': 'Basic realm="av-telemetry", Bearer' },
}

export function unsupportedMediaType(supported: readonly string[]): Problem {
  return {
    status: 415,
    title: 'Unsupported media type',
    detail: `Send the readings as ${supported.join(', ')}, encoded in UTF-8.`,
  }
}

export const unsupportedEncoding: Problem = {
  status: 415,
  title: 'Unsupported compression',
  detail:
    'Send the body uncompressed, or compressed with gzip and the header Content-Encoding: gzip.',
}

export const bodyTooLarge: Problem = {
  status: 413,
  title: 'Body too large',
  detail: `The limit is ${maxBodyBytes} bytes per request. Split the readings into several requests.`,
}

export const inflatedBodyTooLarge: Problem = {
  status: 413,
  title: 'Body too large',
  detail: `The limit is ${maxBodyBytes} bytes per request, after decompression. Split the readings into several requests.`,
}

export function tooManyReadings(limit: number): Problem {
  return {
    status: 413,
    title: 'Too many readings',
    detail: `The request has more than ${limit} readings. Split them into several requests.`,
  }
}

export const readingNotInBody: Problem = {
  status: 400,
  title: 'Reading not stored',
  detail:
    'This request has a reading that was not stored. Send readings by POST, in the body of the request and not in its query; phones and trackers send to /devices/osmand. The documentation is at /docs of this address.',
}

export function unreadableBody(detail: string): Problem {
  return { status: 400, title: 'Unreadable body', detail }
}

export function noReadingAccepted(rejected: readonly Rejected[]): Problem {
  const detail =
    rejected.length === 0
      ? 'The request contains no reading. Send at least one.'
      : 'Every reading is invalid. The field "rejected" has the index and the reason of each reading.'
  return { status: 422, title: 'No reading accepted', detail, extra: { rejected } }
}

const retryAfterOneSecond = { 'retry-after': '1' }

export const pendingMemoryFull: Problem = {
  status: 503,
  title: 'Too many pending requests',
  detail: "This producer's memory for pending requests is full. Retry the same request later.",
  headers: retryAfterOneSecond,
}

export const bodyTooSlow: Problem = {
  status: 503,
  title: 'Request body too slow',
  detail:
    'The body arrived too slowly, and its memory was needed for other requests. Retry the same request later.',
  headers: retryAfterOneSecond,
}

/**
 * The answer to a request that does not arrive in time. Some apps drop what is answered 4xx, so 503 is the
 * answer to devices, and to a request whose path is not known yet.
 */
export function requestTimeoutAt(url: string | undefined): Problem {
  const isOfDevice = url === undefined || url.startsWith(devicesPath)
  return isOfDevice
    ? { ...requestTimeout, status: 503, headers: retryAfterOneSecond }
    : requestTimeout
}

export const storageLagTooHigh: Problem = {
  status: 503,
  title: 'Storage lag too high',
  detail:
    'Too many accepted readings are waiting to be stored. Retry the same request later, when the backlog is smaller.',
  headers: { 'retry-after': '5' },
}

/** @param seconds until the client may send again */
export function rateLimitExceeded(seconds: number): Problem {
  return {
    status: 429,
    title: 'Rate limit exceeded',
    detail: `This client has sent more readings per second than allowed. Retry the same request after ${seconds} s.`,
    headers: { 'retry-after': String(seconds) },
  }
}

export const notAcknowledged: Problem = {
  status: 503,
  title: 'Not acknowledged by Kafka',
  detail:
    'Kafka did not acknowledge every reading in time. Retry the same request; readings that were stored already are not stored twice.',
  headers: retryAfterOneSecond,
}

export const unknownReceipt: Problem = {
  status: 404,
  title: 'Unknown receipt',
  detail: 'No reading has this receipt. Use a receipt from a 202 response; it looks like 1-3-1042.',
}

export const receiptLookupUnavailable: Problem = {
  status: 503,
  title: 'Receipt lookup unavailable',
  detail: 'The database or Kafka cannot be reached. Retry the same request later.',
  headers: { 'retry-after': '5' },
}

export function notFound(path: string): Problem {
  return {
    status: 404,
    title: 'Not found',
    detail: `The paths of this API are ${path}, /devices/{format}, /receipts/{id}, /openapi.json and /docs.`,
  }
}
