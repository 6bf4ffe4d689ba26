import * as z from 'zod'
import type { TimeSpan } from '../../adapters/postgres/readings/track-store.ts'
import type { Query } from '../http/query.ts'
import { cursor, integer, number, oneOf, time } from '../http/query-parameters.ts'
import type { TrackFormat } from './track-formats.ts'
import { trackFormats } from './track-formats.ts'

/** What of the past is asked for; each answer is bounded by its span. */

const microsecondsPerHour = 3_600_000_000
const maxTrackSpan = { hours: 31 * 24, label: '31 days' }
/** A whole day, also that on which clocks go back. */
const maxFleetSpan = { hours: 25, label: '25 hours' }
/** Metres; what a file to keep has is not simplified unless asked for. */
const defaultToleranceMetres = 2

const ends = {
  to: time().optional().describe('Before this time; by default now.'),
  from: time().optional().describe('From this time on; by default an hour before `to`.'),
}
const tolerance = number({ least: 0, most: 10_000 })
  .optional()
  .describe(
    'Metres by which a track may be simplified: by default 2, for files 0. At any time the vehicle was within so many metres of where the track has it.',
  )

/** Of `GET /api/vehicles/{vin}/track`. */
export const trackQuery = z.object({
  ...ends,
  format: oneOf(trackFormats).optional().describe('Other formats than json come as files.'),
  tolerance,
})

/** Of `GET /api/vehicles/{vin}/trips`. */
export const tripsQuery = z.object(ends)

/** Of `GET /api/tracks`. */
export const fleetTracksQuery = z.object({
  ...ends,
  tolerance,
  limit: integer({ least: 1, most: 100 }).default(50).describe('How many at most.'),
  cursor,
})

export type TrackQuery = {
  readonly span: TimeSpan
  readonly tolerance: number
  readonly format: TrackFormat
}

export type FleetTracksQuery = {
  readonly span: TimeSpan
  readonly tolerance: number
  readonly limit: number
  readonly after: string
}

/** @param now microseconds since the Unix epoch: where a span ends unless it says otherwise */
export function readTrackQuery(query: Query, now: number): TrackQuery {
  const asked = query.read(trackQuery.check(...spanRules(maxTrackSpan, now)))
  const { format = 'json', tolerance = format === 'json' ? defaultToleranceMetres : 0 } = asked
  return { span: toSpan(asked, now), format, tolerance }
}

export function readTripsQuery(query: Query, now: number): TimeSpan {
  return toSpan(query.read(tripsQuery.check(...spanRules(maxTrackSpan, now))), now)
}

export function readFleetTracksQuery(query: Query, now: number): FleetTracksQuery {
  const asked = query.read(fleetTracksQuery.check(...spanRules(maxFleetSpan, now)))
  const { tolerance = defaultToleranceMetres, limit, cursor: after = '' } = asked
  return { span: toSpan(asked, now), tolerance, limit, after }
}

type Ends = z.output<typeof tripsQuery>

/** The last hour, unless the query says otherwise. */
function toSpan({ from, to }: Ends, now: number): TimeSpan {
  const end = to ?? now
  return { from: from ?? end - microsecondsPerHour, to: end }
}

/** They stand at `from`, and hold as soon as both ends can be read, whatever else is wrong. */
function spanRules(longest: { hours: number; label: string }, now: number) {
  const lengthOf = (asked: Ends): number => {
    const { from, to } = toSpan(asked, now)
    return to - from
  }
  const options = {
    path: ['from'],
    when: ({ issues }: z.core.ParsePayload) =>
      issues.every(({ path }) => path?.[0] !== 'from' && path?.[0] !== 'to'),
  }
  return [
    z.refine<Ends>((asked) => lengthOf(asked) > 0, { ...options, error: 'is before to.' }),
    z.refine<Ends>((asked) => lengthOf(asked) <= longest.hours * microsecondsPerHour, {
      ...options,
      error: `and to are up to ${longest.label} apart.`,
    }),
  ]
}
