import type { Micros } from '../../telemetry/time.ts'
import { firstTime } from '../../telemetry/time.ts'
import * as z from 'zod'
import type { TimeSpan } from '../../adapters/postgres/readings/track-store.ts'
import type { Query } from '../http/query.ts'
import { cursor, integer, number, oneOf, time } from '../http/query-parameters.ts'
import type { TrackFormat } from './formats/track-formats.ts'
import { trackFormats } from './formats/track-formats.ts'

/**
 * The query parameters of the history. The length of a span is limited, which bounds the response.
 */

const microsecondsPerHour = 3_600_000_000
const maxTrackSpan = { hours: 31 * 24, label: '31 days' }
/** One whole day, including the day with 25 hours at the end of daylight saving time. */
const maxFleetSpan = { hours: 25, label: '25 hours' }
/** For JSON and playback; files are not simplified by default. */
const defaultToleranceMetres = 2

const spanParameters = {
  to: time().optional().describe('End of the span (exclusive), an ISO 8601 time. Default: now.'),
  from: time()
    .optional()
    .describe('Start of the span (inclusive), an ISO 8601 time. Default: one hour before `to`.'),
}
const tolerance = number({ min: 0, max: 10_000 })
  .optional()
  .describe(
    'Metres by which the track may be simplified. At any time the vehicle was within this distance of the simplified track. 0 = not simplified. Default: 2, for files 0.',
  )

/** The parameters of `GET /api/vehicles/{vin}/track`. */
export const trackQuery = z.object({
  ...spanParameters,
  format: oneOf(trackFormats)
    .optional()
    .describe(
      'Format of the response. Every format except json is sent as a file download, split where trips end, and says what its altitudes are above. Default: json.',
    ),
  tolerance,
})

/** The parameters of `GET /api/vehicles/{vin}/trips`. */
export const tripsQuery = z.object(spanParameters)

/** The parameters of `GET /api/tracks`. */
export const fleetTracksQuery = z.object({
  ...spanParameters,
  tolerance,
  limit: integer({ min: 1, max: 100 }).default(50).describe('Maximum number of vehicles per page.'),
  cursor,
})

export type TrackQuery = {
  readonly span: TimeSpan
  /** Metres. */
  readonly tolerance: number
  readonly format: TrackFormat
}

export type FleetTracksQuery = {
  readonly span: TimeSpan
  /** Metres. */
  readonly tolerance: number
  readonly limit: number
  /** The page starts after this vin. */
  readonly after: string
}

/** @param now microseconds since the Unix epoch, the default end of the span */
export function readTrackQuery(query: Query, now: Micros): TrackQuery {
  const values = query.read(trackQuery.check(...spanRules(maxTrackSpan, now)))
  const { format = 'json', tolerance = format === 'json' ? defaultToleranceMetres : 0 } = values
  return { span: toSpan(values, now), format, tolerance }
}

export function readTripsQuery(query: Query, now: Micros): TimeSpan {
  return toSpan(query.read(tripsQuery.check(...spanRules(maxTrackSpan, now))), now)
}

export function readFleetTracksQuery(query: Query, now: Micros): FleetTracksQuery {
  const values = query.read(fleetTracksQuery.check(...spanRules(maxFleetSpan, now)))
  const { tolerance = defaultToleranceMetres, limit, cursor: after = '' } = values
  return { span: toSpan(values, now), tolerance, limit, after }
}

type SpanQuery = z.output<typeof tripsQuery>

/** The default is the last hour. */
function toSpan({ from, to }: SpanQuery, now: Micros): TimeSpan {
  const end = to ?? now
  return { from: from ?? Math.max(end - microsecondsPerHour, firstTime), to: end }
}

/**
 * The rules of a span. Their errors are reported for the parameter `from`. They run if `from` and
 * `to` are valid, even if other parameters are not.
 */
function spanRules(maxSpan: { hours: number; label: string }, now: Micros) {
  const lengthOf = (values: SpanQuery): number => {
    const { from, to } = toSpan(values, now)
    return to - from
  }
  const options = {
    path: ['from'],
    when: ({ issues }: z.core.ParsePayload) =>
      issues.every(({ path }) => path?.[0] !== 'from' && path?.[0] !== 'to'),
  }
  return [
    z.refine<SpanQuery>((values) => lengthOf(values) > 0, {
      ...options,
      error: 'must be before to.',
    }),
    z.refine<SpanQuery>((values) => lengthOf(values) <= maxSpan.hours * microsecondsPerHour, {
      ...options,
      error: `and to must be at most ${maxSpan.label} apart.`,
    }),
  ]
}
