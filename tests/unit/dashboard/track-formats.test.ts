import { expect } from 'chai'
import { parseTrace } from '../../../fleet/trace/parse-trace.ts'
import type { TrackFileFormat } from '../../../services/dashboard/history/track-formats.ts'
import { encodeTrack } from '../../../services/dashboard/history/track-formats.ts'
import { noon } from '../../support/builders.ts'

const reading = {
  at: noon + 250_001,
  longitude: -122.5,
  latitude: 37.75,
  speed: 12.5,
  heading: 90,
  altitude: 3,
  sequence: 7,
}
const withoutOptional = {
  ...reading,
  at: noon + 1_000_000,
  heading: null,
  altitude: null,
  sequence: 8,
}
const encode = (format: TrackFileFormat, vin = 'V-1') =>
  encodeTrack({ vin, readings: [reading, withoutOptional] }, format)

describe('encodeTrack', () => {
  it('encodes GeoJSON as a line with times, or a point for a single reading', () => {
    expect(JSON.parse(encode('geojson'))).to.deep.equal({
      type: 'Feature',
      geometry: {
        type: 'LineString',
        coordinates: [
          [-122.5, 37.75, 3],
          [-122.5, 37.75],
        ],
      },
      properties: {
        vin: 'V-1',
        coordTimes: ['2026-01-31T12:00:00.250001Z', '2026-01-31T12:00:01.000000Z'],
        speeds: [12.5, 12.5],
        headings: [90, null],
      },
    })
    const geometryOf = (readings: (typeof reading)[]) =>
      (JSON.parse(encodeTrack({ vin: 'V', readings }, 'geojson')) as { geometry: unknown }).geometry
    expect(geometryOf([])).to.equal(null)
    expect(geometryOf([reading])).to.deep.equal({ type: 'Point', coordinates: [-122.5, 37.75, 3] })
  })

  it('encodes CSV with one line per reading', () => {
    expect(encode('csv').split('\r\n')).to.deep.equal([
      'vin,timestamp,sequence,latitude,longitude,altitude,speed,heading',
      'V-1,2026-01-31T12:00:00.250001Z,7,37.75,-122.5,3,12.5,90',
      'V-1,2026-01-31T12:00:01.000000Z,8,37.75,-122.5,,12.5,',
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
