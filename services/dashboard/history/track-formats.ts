import { toIsoMicroseconds } from '../../telemetry/time.ts'
import type { TrackReading } from '../../telemetry/track/track-reading.ts'

/** Encodes a track in file formats that other programs can read. */

export const trackFormats = ['json', 'geojson', 'gpx', 'csv'] as const
export type TrackFormat = (typeof trackFormats)[number]
export type TrackFileFormat = Exclude<TrackFormat, 'json'>

export type Track = { readonly vin: string; readonly readings: readonly TrackReading[] }

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

/**
 * RFC 7946: a line with the times of its points as properties. A single reading becomes a point.
 */
function toGeoJson({ vin, readings }: Track): string {
  const coordinates = readings.map(({ longitude, latitude, altitude }) =>
    altitude === null ? [longitude, latitude] : [longitude, latitude, altitude],
  )
  const geometry =
    coordinates.length === 0
      ? null
      : coordinates.length === 1
        ? { type: 'Point', coordinates: coordinates[0] }
        : { type: 'LineString', coordinates }
  const properties = {
    vin,
    coordTimes: readings.map(({ at }) => toIsoMicroseconds(at)),
    speeds: readings.map(({ speed }) => speed),
    headings: readings.map(({ heading }) => heading),
  }
  return JSON.stringify({ type: 'Feature', geometry, properties })
}

/** GPX 1.1; speed and course are in Garmin's extension, which other programs support. */
function toGpx({ vin, readings }: Track): string {
  const points = readings.map((reading) => {
    const { latitude, longitude, altitude, at, speed, heading } = reading
    const elevation = altitude === null ? '' : `<ele>${altitude}</ele>`
    const course = heading === null ? '' : `<gpxtpx:course>${heading}</gpxtpx:course>`
    const extension = `<extensions><gpxtpx:TrackPointExtension><gpxtpx:speed>${speed}</gpxtpx:speed>${course}</gpxtpx:TrackPointExtension></extensions>`
    return `<trkpt lat="${latitude}" lon="${longitude}">${elevation}<time>${toIsoMicroseconds(at)}</time>${extension}</trkpt>`
  })
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<gpx version="1.1" creator="av-telemetry" xmlns="http://www.topografix.com/GPX/1/1" xmlns:gpxtpx="http://www.garmin.com/xmlschemas/TrackPointExtension/v2">',
    `<trk><name>${escapeXml(vin)}</name><trkseg>`,
    ...points,
    '</trkseg></trk>',
    '</gpx>',
    '',
  ].join('\n')
}

function toCsv({ vin, readings }: Track): string {
  const lines = readings.map((reading) => {
    const { at, sequence, latitude, longitude, altitude, speed, heading } = reading
    const values = [sequence, latitude, longitude, altitude ?? '', speed, heading ?? '']
    return [vin, toIsoMicroseconds(at), ...values].join(',')
  })
  const header = 'vin,timestamp,sequence,latitude,longitude,altitude,speed,heading'
  return [header, ...lines, ''].join('\r\n')
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
