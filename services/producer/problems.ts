import type { Problem } from '../adapters/http/problem.ts'
import type { Rejected } from './events/accept-readings.ts'
import { maxBodyBytes } from './events/read-body.ts'

/** The error answers of the producer: what was wrong, and what would be right. */

export const tokenRequired: Problem = {
  status: 401,
  title: 'A token is needed',
  detail: 'Send the header Authorization: Bearer, with the token of this platform.',
  headers: { 'www-authenticate': 'Bearer' },
}

export function unsupportedMediaType(known: readonly string[]): Problem {
  return {
    status: 415,
    title: 'Unsupported media type',
    detail: `Send readings as ${known.join(', ')}; in UTF-8, not compressed.`,
  }
}

export const bodyTooLarge: Problem = {
  status: 413,
  title: 'Body too large',
  detail: `A body has up to ${maxBodyBytes} bytes; send the readings in several.`,
}

export function tooManyReadings(count: number, limit: number): Problem {
  return {
    status: 413,
    title: 'Too many readings',
    detail: `A request has up to ${limit} readings, this one has ${count}; send them in several.`,
  }
}

export function unreadableBody(detail: string): Problem {
  return { status: 400, title: 'Unreadable body', detail }
}

export function noReadingAccepted(rejected: readonly Rejected[]): Problem {
  const detail =
    rejected.length === 0
      ? 'No reading was sent.'
      : 'Every reading was refused; rejected says why, by index.'
  return { status: 422, title: 'No reading accepted', detail, extra: { rejected } }
}

const later = { 'retry-after': '1' }

export const pendingMemoryFull: Problem = {
  status: 503,
  title: 'Full',
  detail: 'As much as may is on its way in, or waits for Kafka; send it again unchanged, later.',
  headers: later,
}

export const bodyTooSlow: Problem = {
  status: 503,
  title: 'Too slow',
  detail: 'The body came slowly and had to give way to others; send it again unchanged, later.',
  headers: later,
}

export const storageLagTooHigh: Problem = {
  status: 503,
  title: 'Behind',
  detail:
    'More readings wait to be stored than this platform lets wait; send it again unchanged, later.',
  headers: { 'retry-after': '5' },
}

/** @param seconds until the client may send again */
export function rateLimitExceeded(seconds: number): Problem {
  return {
    status: 429,
    title: 'Too many readings a second',
    detail: `This client has sent more readings a second than one may; send it again unchanged, after ${seconds} s.`,
    headers: { 'retry-after': String(seconds) },
  }
}

export const notAcknowledged: Problem = {
  status: 503,
  title: 'Not acknowledged',
  detail:
    'Kafka has not acknowledged every reading in time; send them again unchanged, that adds no second row.',
  headers: later,
}

export const starting: Problem = {
  status: 503,
  title: 'Starting',
  detail: 'Kafka has not been reached yet; send it again unchanged, later.',
  headers: later,
}

export const unknownReceipt: Problem = {
  status: 404,
  title: 'Unknown receipt',
  detail: 'No reading has this receipt; receipts look like 1-3-1042 and come with a 202.',
}

export const receiptLookupUnavailable: Problem = {
  status: 503,
  title: 'Receipts cannot be looked up',
  detail: 'The database or Kafka cannot be reached; ask again later.',
  headers: { 'retry-after': '5' },
}

export function notFound(path: string): Problem {
  return {
    status: 404,
    title: 'Not found',
    detail: `Here are ${path}, /receipts/{id}, /openapi.json and /docs.`,
  }
}
