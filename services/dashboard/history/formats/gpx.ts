import type { AltitudeReference } from '../../../telemetry/reading/altitude-reference.ts'
import { toIsoMicroseconds } from '../../../telemetry/time.ts'
import type { TrackReading } from '../../../telemetry/track/track-reading.ts'
import { toDecimal } from './decimal.ts'
import type { Track } from './track.ts'
import { altitudeReferencesOf } from './track.ts'

const namespaces = [
  'xmlns="http://www.topografix.com/GPX/1/1"',
  'xmlns:gpxtpx="http://www.garmin.com/xmlschemas/TrackPointExtension/v2"',
  'xmlns:av="urn:av-telemetry:gpx"',
].join(' ')

const elevationsAre: Readonly<Record<AltitudeReference, string>> = {
  ellipsoid: 'Elevations are above the WGS-84 ellipsoid.',
  'sea-level': 'Elevations are above sea level.',
  unknown: 'It is not known whether elevations are above the ellipsoid or above sea level.',
}
const elevationsDiffer =
  'Each point with an elevation says in altitudeReference what the elevation is above.'

/**
 * GPX 1.1 with a track segment for each continuous part. Speed and course are in Garmin's extension,
 * which other programs support. Elevations are labelled, not converted. The name of a track is that of the
 * vehicle's device; its vin is then in an extension.
 */
export function toGpx({ vin, name, segments }: Track): string {
  const references = altitudeReferencesOf(segments)
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<gpx version="1.1" creator="av-telemetry" ${namespaces}>`,
    `<trk><name>${escapeXml(name ?? vin)}</name>${describe(references, name === null ? undefined : vin)}`,
    ...segments.flatMap((readings) => [
      '<trkseg>',
      ...readings.map((reading) => toPoint(reading, references.length > 1)),
      '</trkseg>',
    ]),
    '</trk>',
    '</gpx>',
    '',
  ].join('\n')
}

/** @param vin undefined if the name of the track is the vin */
function describe(references: readonly AltitudeReference[], vin: string | undefined): string {
  const [reference, ...others] = references
  const extensions = [
    ...(vin === undefined ? [] : [`<av:vin>${escapeXml(vin)}</av:vin>`]),
    ...(reference !== undefined && others.length === 0 ? [label(reference)] : []),
  ].join('')
  return `${describeElevations(references)}${extensions && `<extensions>${extensions}</extensions>`}`
}

function describeElevations([reference, ...others]: readonly AltitudeReference[]): string {
  if (reference === undefined) return ''
  return `<desc>${others.length > 0 ? elevationsDiffer : elevationsAre[reference]}</desc>`
}

function toPoint(reading: TrackReading, isLabelled: boolean): string {
  const { latitude, longitude, altitude, altitudeReference, at, speed, heading } = reading
  // The schema allows -180, which is the same meridian, and not 180.
  const place = `lat="${toDecimal(latitude)}" lon="${longitude === 180 ? '-180' : toDecimal(longitude)}"`
  const elevation = altitude === null ? '' : `<ele>${toDecimal(altitude)}</ele>`
  const course = heading === null ? '' : `<gpxtpx:course>${toDecimal(heading)}</gpxtpx:course>`
  const speedElement = speed === null ? '' : `<gpxtpx:speed>${toDecimal(speed)}</gpxtpx:speed>`
  const motion = `<gpxtpx:TrackPointExtension>${speedElement}${course}</gpxtpx:TrackPointExtension>`
  const reference = altitude !== null && isLabelled ? label(altitudeReference) : ''
  const time = `<time>${toIsoMicroseconds(at)}</time>`
  return `<trkpt ${place}>${elevation}${time}<extensions>${motion}${reference}</extensions></trkpt>`
}

function label(reference: AltitudeReference): string {
  return `<av:altitudeReference>${reference}</av:altitudeReference>`
}

function escapeXml(text: string): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  // XML cannot contain these two characters, and a name of a device can.
  return escaped.replaceAll(/[\uFFFE\uFFFF]/g, '')
}
