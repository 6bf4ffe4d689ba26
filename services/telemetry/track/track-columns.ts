import type { TrackPoint } from './track-reading.ts'

/** Places and their times in time order, one array for each field. */
export type PlaceColumns = {
  /** Any unit of time, but the same for all places. */
  readonly at: Float64Array
  /** Degrees, WGS-84. */
  readonly longitude: Float64Array
  readonly latitude: Float64Array
}

/**
 * The points of a track in time order, one array for each field. The times are microseconds since
 * the Unix epoch, and NaN is a value that was not reported. A day at one reading a second has 86,400
 * points: to make an object for each takes longer than to decode the arrays.
 */
export type TrackColumns = PlaceColumns & {
  /** Metres per second. */
  readonly speed: Float64Array
  /** Degrees, clockwise from north. */
  readonly heading: Float64Array
}

/** The point of a track at an index from 0 to below its length. */
export function pointAt(track: TrackColumns, index: number): TrackPoint {
  return {
    at: track.at[index] ?? NaN,
    longitude: track.longitude[index] ?? NaN,
    latitude: track.latitude[index] ?? NaN,
    speed: nullIfNaN(track.speed[index]),
    heading: nullIfNaN(track.heading[index]),
  }
}

export function pointsOf(track: TrackColumns): TrackPoint[] {
  const points = new Array<TrackPoint>(track.at.length)
  // A loop, because `Array.from` is slower.
  for (let index = 0; index < points.length; index += 1) points[index] = pointAt(track, index)
  return points
}

/** Returns the first `count` points, or all of them if there are fewer. */
export function firstPoints(track: TrackColumns, count: number): TrackColumns {
  return {
    at: track.at.subarray(0, count),
    longitude: track.longitude.subarray(0, count),
    latitude: track.latitude.subarray(0, count),
    speed: track.speed.subarray(0, count),
    heading: track.heading.subarray(0, count),
  }
}

export function nullIfNaN(value = NaN): number | null {
  return Number.isNaN(value) ? null : value
}
