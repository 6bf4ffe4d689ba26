import type { TimeSpan } from '../adapters/postgres/track-store.ts'
import type { Query } from './query.ts'
import { QueryError } from './query.ts'
import type { TrackFormat } from './track-formats.ts'
import { trackFormats } from './track-formats.ts'
import { readCursor } from './vehicle-list.ts'

/** What of the past is asked for; each answer is bounded by its span. */

const microsecondsPerHour = 3_600_000_000
const longestTrack = { hours: 31 * 24, inWords: '31 days' }
/** A whole day, also that on which clocks go back. */
const longestFleet = { hours: 25, inWords: '25 hours' }
/** Metres; what a file to keep has is not simplified unless asked for. */
const usualTolerance = 2
const mostTolerance = 10_000

export type TrackWish = {
  readonly span: TimeSpan
  readonly tolerance: number
  readonly format: TrackFormat
}

export type FleetTracksWish = {
  readonly span: TimeSpan
  readonly tolerance: number
  readonly limit: number
  readonly after: string
}

/** @param now microseconds since the Unix epoch: where a span ends unless it says otherwise */
export function readTrackWish(query: Query, now: number): TrackWish {
  const span = readSpan(query, { now, longest: longestTrack })
  const format = query.oneOf('format', trackFormats) ?? 'json'
  const tolerance = readTolerance(query, format === 'json' ? usualTolerance : 0)
  query.finish()
  return { span, format, tolerance }
}

export function readTripsWish(query: Query, now: number): TimeSpan {
  const span = readSpan(query, { now, longest: longestTrack })
  query.finish()
  return span
}

export function readFleetTracksWish(query: Query, now: number): FleetTracksWish {
  const span = readSpan(query, { now, longest: longestFleet })
  const tolerance = readTolerance(query, usualTolerance)
  const limit = query.integer('limit', { least: 1, most: 100, fallback: 50 })
  const after = readCursor(query)
  query.finish()
  return { span, tolerance, limit, after }
}

function readTolerance(query: Query, fallback: number): number {
  return query.number('tolerance', { least: 0, most: mostTolerance, fallback })
}

/** The last hour, unless the query says otherwise. */
function readSpan(
  query: Query,
  { now, longest }: { now: number; longest: { hours: number; inWords: string } },
): TimeSpan {
  const to = query.time('to') ?? now
  const from = query.time('from') ?? to - microsecondsPerHour
  if (from >= to) throw new QueryError('from is before to.')
  if (to - from > longest.hours * microsecondsPerHour) {
    throw new QueryError(`from and to are up to ${longest.inWords} apart.`)
  }
  return { from, to }
}
