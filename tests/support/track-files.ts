import { readFileSync } from 'node:fs'
import { gpx as readGpx } from '@tmcw/togeojson'
import { DOMParser } from '@xmldom/xmldom'
import type { XMLFileInfo } from 'xmllint-wasm'
import { validateXML } from 'xmllint-wasm'
import { toFileTrack } from '../../services/dashboard/history/history.ts'
import type { TrackFileFormat } from '../../services/dashboard/history/formats/track-formats.ts'
import { encodeTrack } from '../../services/dashboard/history/formats/track-formats.ts'
import type { TrackReading } from '../../services/telemetry/track/track-reading.ts'
import { noon } from './builders.ts'
import { tripRules } from './trip-tracks.ts'

/** The schema of GPX 1.1 as its authors publish it; anyone may use it (docs/decisions/48). */
const gpxSchema = readFixture('exports/gpx-1.1.xsd')

/** A reading of a track file without altitude, `seconds` after noon. */
export function aTrackReading(seconds: number, values: Partial<TrackReading> = {}): TrackReading {
  return {
    at: noon + seconds * 1e6,
    longitude: 0,
    latitude: 0,
    altitude: null,
    altitudeReference: 'ellipsoid',
    speed: 0,
    heading: null,
    sequence: 0,
    ...values,
  }
}

/** The readings of a file below `tests/fixtures`; `t` is seconds after noon. */
export function readingsOf(name: string): TrackReading[] {
  const rows = JSON.parse(readFixture(`${name}.json`)) as (Partial<TrackReading> & { t: number })[]
  return rows.map(({ t, ...values }) => aTrackReading(t, values))
}

export function encodeReadings(readings: readonly TrackReading[], format: TrackFileFormat): string {
  const track = toFileTrack('V-1', readings, { tolerance: 0, rules: tripRules })
  return encodeTrack({ ...track, name: null }, format)
}

/** The messages of libxml2 about GPX texts that do not match the schema of GPX 1.1. */
export async function gpxFaults(...texts: readonly string[]): Promise<string[]> {
  const xml: XMLFileInfo[] = texts.map((contents, index) => ({
    fileName: `${index}.gpx`,
    contents,
  }))
  const { errors } = await validateXML({ xml, schema: gpxSchema })
  return errors.map(({ message }) => message)
}

/** The geometries that an independent program reads from a GPX text. */
export function geometriesOf(gpxText: string) {
  const document = new DOMParser().parseFromString(gpxText, 'text/xml')
  return readGpx(document as unknown as Parameters<typeof readGpx>[0]).features.map(
    ({ geometry }) => geometry,
  )
}

function readFixture(name: string): string {
  return readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8')
}
