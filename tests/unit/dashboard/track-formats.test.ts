import { expect } from 'chai'
import { parseTrace } from '../../../fleet/trace/parse-trace.ts'
import type { TrackFileFormat } from '../../../services/dashboard/history/formats/track-formats.ts'
import { encodeTrack } from '../../../services/dashboard/history/formats/track-formats.ts'
import type { TrackReading } from '../../../services/telemetry/track/track-reading.ts'
import { noon } from '../../support/builders.ts'

const reading = {
  at: noon + 250_001,
  longitude: -122.5,
  latitude: 37.75,
  speed: 12.5,
  heading: 90,
  altitude: 3,
  altitudeReference: 'ellipsoid',
  sequence: 7,
} as const
const withoutOptional = {
  ...reading,
  at: noon + 1_000_000,
  heading: null,
  altitude: null,
  sequence: 8,
}
const trackOf = (readings: readonly TrackReading[], vin = 'V') => ({
  vin,
  readings,
  segments: readings.length === 0 ? [] : [readings],
})
const encode = (format: TrackFileFormat, vin = 'V-1') =>
  encodeTrack(trackOf([reading, withoutOptional], vin), format)

describe('encodeTrack', () => {
  it('leaves out an unknown speed', () => {
    const track = trackOf([{ ...reading, speed: null }])
    expect(encodeTrack(track, 'gpx')).to.include('course').and.not.include('gpxtpx:speed>')
    expect(encodeTrack(track, 'csv')).to.include(',3,,90,')
    expect(encodeTrack(track, 'geojson')).to.include('"speeds":')
  })

  it('encodes GeoJSON as a line with times, or a point for a single reading', () => {
    expect(JSON.parse(encode('geojson'))).to.deep.equal({
      type: 'Feature',
      geometry: {
        type: 'LineString',
        coordinates: [
          [-122.5, 37.75],
          [-122.5, 37.75],
        ],
      },
      properties: {
        vin: 'V-1',
        coordTimes: ['2026-01-31T12:00:00.250001Z', '2026-01-31T12:00:01.000000Z'],
        speeds: [12.5, 12.5],
        headings: [90, null],
        altitudes: [3, null],
        altitudeReference: 'ellipsoid',
      },
    })
    const geometryOf = (readings: readonly TrackReading[]) =>
      (JSON.parse(encodeTrack(trackOf(readings), 'geojson')) as { geometry: unknown }).geometry
    expect(geometryOf([])).to.equal(null)
    expect(geometryOf([reading])).to.deep.equal({ type: 'Point', coordinates: [-122.5, 37.75, 3] })
  })

  it('encodes CSV with one line per reading', () => {
    expect(encode('csv').split('\r\n')).to.deep.equal([
      'vin,timestamp,sequence,latitude,longitude,altitude_m,speed_m_s,heading_deg,altitude_reference',
      'V-1,2026-01-31T12:00:00.250001Z,7,37.75,-122.5,3,12.5,90,ellipsoid',
      'V-1,2026-01-31T12:00:01.000000Z,8,37.75,-122.5,,12.5,,',
      '',
    ])
  })

  it('encodes GPX and CSV that a simulated vehicle can replay', () => {
    for (const format of ['gpx', 'csv'] as const) {
      const [first] = parseTrace(encode(format), `track.${format}`).fixes
      expect(first, format).to.include({ latitude: 37.75, longitude: -122.5 })
    }
  })

  it('escapes special characters of the vin in GPX', () => {
    expect(encode('gpx', '<&>')).to.include('<name>&lt;&amp;></name>')
  })
})
