import { toCsv } from './csv.ts'
import { toGeoJson } from './geojson.ts'
import { toGpx } from './gpx.ts'
import type { Track } from './track.ts'

/** Encodes a track in file formats that other programs can read. */

export const trackFormats = ['json', 'geojson', 'gpx', 'csv'] as const
export type TrackFormat = (typeof trackFormats)[number]
export type TrackFileFormat = Exclude<TrackFormat, 'json'>

export const mediaTypes: Readonly<Record<TrackFileFormat, string>> = {
  geojson: 'application/geo+json',
  gpx: 'application/gpx+xml',
  csv: 'text/csv; charset=utf-8',
}

export function encodeTrack(track: Track, format: TrackFileFormat): string {
  switch (format) {
    case 'geojson':
      return toGeoJson(track)
    case 'gpx':
      return toGpx(track)
    case 'csv':
      return toCsv(track)
    default:
      return format satisfies never
  }
}
