import type { Problem } from '../../adapters/http/problem.ts'
import { maxStreamConnections } from '../live/stream-hub.ts'

/** The error responses of the dashboard. */

export const notFound: Problem = {
  status: 404,
  title: 'Not found',
  detail: 'The page is at /. The API is described by /openapi.json.',
}

export const tilesNotFound: Problem = {
  status: 404,
  title: 'No map tiles',
  detail: 'dashboard.pmtilesFile is not set, or the file that it names cannot be read.',
}

export function unknownVehicle(vin: string): Problem {
  return {
    status: 404,
    title: 'Unknown vehicle',
    detail: `No reading of the vehicle ${JSON.stringify(vin.slice(0, 40))} is known.`,
  }
}

/** @param detail which parameter is wrong, and what it must be */
export function invalidQuery(detail: string): Problem {
  return { status: 400, title: 'Invalid query', detail }
}

/** @param retryAfterSeconds when the client may try again */
function unavailable(retryAfterSeconds: number, title: string, detail: string): Problem {
  return { status: 503, title, detail, headers: { 'retry-after': String(retryAfterSeconds) } }
}

export const streamLimitReached = unavailable(
  10,
  'Too many live connections',
  `The limit of ${maxStreamConnections} live connections is reached. Try again later.`,
)

/** @param limit of the streams of one client address */
export function clientStreamLimitReached(limit: number): Problem {
  return {
    status: 429,
    title: 'Too many live connections of one address',
    detail: `This client address has ${limit} live connections, the limit (dashboard.maxStreamsPerClient). Close a page, or try again later.`,
    headers: { 'retry-after': '10' },
  }
}

export const historyUnavailable = unavailable(
  5,
  'History cannot be read',
  'The database cannot be reached or took too long. Try again later, or request a shorter span.',
)

export const pipelinesUnavailable = unavailable(
  5,
  'Pipelines cannot be read',
  'The database cannot be reached or took too long. Try again later.',
)

export const pipelineNotChanged = unavailable(
  5,
  'The change failed',
  'The database cannot be reached, took too long or refused the change. Look at the state of the pipeline before you try again.',
)

export function unknownPipeline(name: string): Problem {
  return {
    status: 404,
    title: 'Unknown pipeline',
    detail: `No pipeline ${JSON.stringify(name.slice(0, 63))} is declared. GET /api/pipelines lists them.`,
  }
}

export function alreadyPaused(name: string): Problem {
  return {
    status: 409,
    title: 'Already paused',
    detail: `The pipeline ${name} is paused already. Nothing was changed.`,
  }
}

export function notPaused(name: string): Problem {
  return {
    status: 409,
    title: 'Not paused',
    detail: `The pipeline ${name} is not paused, or was paused again meanwhile. Nothing was changed.`,
  }
}

/** @param reason of the pause: it says what to do */
export function decisionNeeded(reason: string): Problem {
  return { status: 409, title: 'Decision needed', detail: reason }
}

export const changesNeedToken: Problem = {
  status: 403,
  title: 'Changes need a token',
  detail:
    'Other machines reach this dashboard, and it has no token, so it changes nothing. Set dashboard.tokenFile, or use npm run pipeline.',
}

export const tokenRequired: Problem = {
  status: 401,
  title: 'Token required',
  detail:
    'Send the header Authorization: Bearer TOKEN with the token of this dashboard, or get a session cookie from POST /api/session.',
  headers: { 'www-authenticate': 'Bearer' },
}

export const wrongHost: Problem = {
  status: 421,
  title: 'Host name not allowed',
  detail:
    'This dashboard accepts only the host names localhost, 127.0.0.1 and [::1]. To allow other names, set dashboard.tokenFile or dashboard.public.',
}

export const wrongToken: Problem = {
  status: 401,
  title: 'Wrong token',
  detail:
    'This is not the token of this dashboard. The token is in the file named by dashboard.tokenFile.',
  headers: { 'www-authenticate': 'Bearer' },
}
