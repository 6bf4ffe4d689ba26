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
const trackOf = (readings: readonly TrackReading[], vin = 'V', name: string | null = null) => ({
  ...{ vin, name },
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
      'vin,timestamp,sequence,latitude,longitude,altitude_m,speed_m_s,heading_deg,altitude_reference,name',
      'V-1,2026-01-31T12:00:00.250001Z,7,37.75,-122.5,3,12.5,90,ellipsoid,',
      'V-1,2026-01-31T12:00:01.000000Z,8,37.75,-122.5,,12.5,,,',
      '',
    ])
  })

  it('encodes GPX and CSV that a simulated vehicle can replay', () => {
    for (const format of ['gpx', 'csv'] as const) {
      for (const name of [null, 'Van "12", red']) {
        const text = encodeTrack(trackOf([reading, withoutOptional], 'V-1', name), format)
        const [first] = parseTrace(text, `track.${format}`).fixes
        expect(first, format).to.include({ latitude: 37.75, longitude: -122.5 })
      }
    }
  })

  it('has the name of the device beside the vin in each format', () => {
    const encodeNamed = (format: TrackFileFormat, name: string) =>
      encodeTrack(trackOf([reading], 'VAN-12', name), format)
    expect(encodeNamed('csv', 'Van 12')).to.match(/^VAN-12,.*,ellipsoid,Van 12\r$/m)
    const { properties } = JSON.parse(encodeNamed('geojson', 'Van 12')) as { properties: object }
    expect(properties).to.include({ vin: 'VAN-12', name: 'Van 12' })
    const gpx = encodeNamed('gpx', 'A & B\uFFFF')
    expect(gpx).to.include('<trk><name>A &amp; B</name>')
    expect(gpx).to.include('<extensions><av:vin>VAN-12</av:vin><av:altitudeReference>')
  })

  it('quotes names in CSV, and keeps spreadsheets from taking them for formulas', () => {
    const fieldOf = (name: string) => {
      const text = encodeTrack(trackOf([reading], 'V', name), 'csv')
      return text.slice(text.indexOf(',ellipsoid,') + ',ellipsoid,'.length, -2)
    }
    expect(fieldOf('Van "12", red')).to.equal('"Van ""12"", red"')
    for (const sign of ['=', '+', '-', '@']) expect(fieldOf(`${sign}1`)).to.equal(`'${sign}1`)
  })

  it('escapes special characters of the vin in GPX', () => {
    expect(encode('gpx', '<&>')).to.include('<name>&lt;&amp;&gt;</name>')
  })
})
