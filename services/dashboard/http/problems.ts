import type { Problem } from '../../adapters/http/problem.ts'

/** The error answers of the dashboard: what was wrong, and what would be right. */

export const notFound: Problem = {
  status: 404,
  title: 'Not found',
  detail: 'Here are the page at / and what /openapi.json describes.',
}

export const tilesNotFound: Problem = {
  status: 404,
  title: 'No map tiles',
  detail: 'dashboard.pmtilesFile names the file that has them; it is not set, or cannot be read.',
}

export function unknownVehicle(vin: string): Problem {
  return {
    status: 404,
    title: 'Unknown vehicle',
    detail: `No reading of the vehicle ${JSON.stringify(vin.slice(0, 40))} is known.`,
  }
}

/** @param detail which parameter, and what would be right */
export function invalidQuery(detail: string): Problem {
  return { status: 400, title: 'Bad query', detail }
}

/** What may be had later, in so many seconds. */
function unavailable(seconds: number, title: string, detail: string): Problem {
  return { status: 503, title, detail, headers: { 'retry-after': String(seconds) } }
}

export const streamLimitReached = unavailable(
  10,
  'Too many readers',
  'As many browsers as may are on the stream; try again later.',
)

export const historyUnavailable = unavailable(
  5,
  'History cannot be read',
  'The database cannot be reached, or took too long; ask again later, or for a shorter span.',
)

export const tokenRequired: Problem = {
  status: 401,
  title: 'A token is needed',
  detail:
    'Send the header Authorization: Bearer with the token of this dashboard, or ask POST /api/session for a cookie.',
  headers: { 'www-authenticate': 'Bearer' },
}

export const wrongHost: Problem = {
  status: 421,
  title: 'Not by this name',
  detail:
    'This dashboard is for its own machine: call it localhost, 127.0.0.1 or [::1]. dashboard.tokenFile or dashboard.public lets it go by others.',
}

export const wrongToken: Problem = {
  status: 401,
  title: 'Not the token',
  detail:
    'This is not the token of this dashboard; dashboard.tokenFile names the file that has it.',
}
