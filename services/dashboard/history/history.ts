import type { PostgresTrackStore, TimeSpan } from '../../adapters/postgres/readings/track-store.ts'
import { neededPoints, simplifyTrack } from '../../telemetry/track/simplify-track.ts'
import { samplingIntervalSeconds } from '../../telemetry/track/sampling-interval.ts'
import { toIsoMicroseconds } from '../../telemetry/time.ts'
import type { TrackColumns } from '../../telemetry/track/track-columns.ts'
import { pointAt, pointsOf } from '../../telemetry/track/track-columns.ts'
import type { TrackReading } from '../../telemetry/track/track-reading.ts'
import type { Place } from '../../telemetry/track/distance.ts'
import { splitTrack } from '../../telemetry/trips/split-track.ts'
import type { TripRules } from '../../telemetry/trips/trip-rules.ts'
import { microsPerSecond } from '../../telemetry/trips/trip-rules.ts'
import type { TripsAndStops } from '../../telemetry/trips/trip.ts'
import { tripsOf } from '../../telemetry/trips/trips.ts'
import type {
  SimplifiedTrack,
  TrackPoint as TrackPointJson,
  TripsAndStops as TripsAndStopsJson,
} from '../api/history.ts'
import type { Track as FileTrack } from './formats/track.ts'
import type { FleetTracksQuery } from './track-query.ts'

/** Limit of readings per response: more than one day at one reading a second. */
export const maxReadings = 100_000
/** Limit of readings on each side of a span that are read for its trips: ten a second. */
const maxBorderReadings = 20_000

/** The span contains more than `maxReadings` readings. */
export class SpanTooLongError extends Error {
  readonly code = 'SPAN_TOO_LONG'
  constructor() {
    super(`The span contains more than ${maxReadings} readings. Request a shorter span.`)
    this.name = 'SpanTooLongError'
  }
}

/** @throws SpanTooLongError */
export async function readTrack(
  store: PostgresTrackStore,
  vin: string,
  span: TimeSpan,
): Promise<TrackColumns> {
  const track = await store.track(vin, span, maxReadings + 1)
  checkCount(track.at.length)
  return track
}

/**
 * Also reads altitude and sequence, which only the file formats contain.
 *
 * @throws SpanTooLongError
 */
export async function readTrackForExport(
  store: PostgresTrackStore,
  vin: string,
  span: TimeSpan,
): Promise<TrackReading[]> {
  const readings = await store.detailedTrack(vin, span, maxReadings + 1)
  checkCount(readings.length)
  return readings
}

function checkCount(count: number): void {
  if (count > maxReadings) throw new SpanTooLongError()
}

/**
 * A track for a file. Its lines are split where trips end, and then simplified.
 *
 * @param tolerance metres
 */
export function toFileTrack(
  vin: string,
  readings: readonly TrackReading[],
  { tolerance, rules }: { readonly tolerance: number; readonly rules: TripRules },
): Omit<FileTrack, 'name'> {
  const { segments } = splitTrack(readings, rules)
  return {
    vin,
    readings: simplifyTrack(readings, tolerance),
    segments: segments.map((segment) => simplifyTrack(segment, tolerance)),
  }
}

/**
 * A track in the form of the API: each point is `[milliseconds, longitude, latitude, speed,
 * heading]`.
 *
 * @param tolerance metres
 */
export function toTrackJson(vin: string, track: TrackColumns, tolerance: number): SimplifiedTrack {
  const points = neededPoints(track, tolerance).map((index): TrackPointJson => {
    const { at, longitude, latitude, speed, heading } = pointAt(track, index)
    return [Math.floor(at / 1000), longitude, latitude, speed, heading]
  })
  const total = track.at.length
  return { vin, points, total, isSimplified: points.length < total }
}

function toTripsJson({ trips, stops }: TripsAndStops): TripsAndStopsJson {
  return {
    trips: trips.map((trip) => ({
      ...trip,
      from: toIsoMicroseconds(trip.from),
      to: toIsoMicroseconds(trip.to),
      start: toPosition(trip.start),
      end: toPosition(trip.end),
    })),
    stops: stops.map((stop) => ({
      ...stop,
      from: toIsoMicroseconds(stop.from),
      to: toIsoMicroseconds(stop.to),
      at: toPosition(stop.at),
    })),
  }
}

function toPosition({ longitude, latitude }: Place): [number, number] {
  return [longitude, latitude]
}

/**
 * Also reads the readings around the span: whether the vehicle stands or drives at a border of the
 * span depends on them.
 *
 * @throws SpanTooLongError
 */
export async function readTrips(
  store: PostgresTrackStore,
  vin: string,
  { span, rules }: { readonly span: TimeSpan; readonly rules: TripRules },
): Promise<TripsAndStopsJson> {
  const [track, around] = await Promise.all([
    readTrack(store, vin, span),
    store.aroundTrack(vin, span, {
      micros: rules.borderMinutes * 60 * microsPerSecond,
      // The limit of a silence at the border is made from as many intervals.
      furtherReadings: rules.silenceIntervals + 1,
      maxReadings: maxBorderReadings,
    }),
  ])
  return toTripsJson(tripsOf([...around.before, ...pointsOf(track), ...around.after], rules, span))
}

/** The tracks of several vehicles, downsampled so that the size of the response is bounded. */
export async function readFleetTracks(
  store: PostgresTrackStore,
  vins: readonly string[],
  { span, tolerance }: FleetTracksQuery,
): Promise<SimplifiedTrack[]> {
  const intervalSeconds = samplingIntervalSeconds((span.to - span.from) / 1e6)
  const tracks = await store.tracks(vins, span, intervalSeconds)
  return [...tracks].map(([vin, track]) => toTrackJson(vin, track, tolerance))
}
