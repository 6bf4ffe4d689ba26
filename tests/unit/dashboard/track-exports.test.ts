import { expect } from 'chai'
import fc from 'fast-check'
import { GeoJSONFeatureSchema } from 'zod-geojson'
import { parseTrace } from '../../../fleet/trace/parse-trace.ts'
import type { TrackReading } from '../../../services/telemetry/track/track-reading.ts'
import {
  aTrackReading,
  encodeReadings,
  geometriesOf,
  gpxFaults,
  readingsOf,
} from '../../support/track-files.ts'

type Feature = {
  readonly geometry: { readonly type: string; readonly coordinates: unknown } | null
  readonly properties: Readonly<Record<string, unknown>>
}

/** The feature of a GeoJSON file, checked against a schema of RFC 7946. */
function featureOf(readings: readonly TrackReading[]): Feature {
  const feature = JSON.parse(encodeReadings(readings, 'geojson')) as Feature
  const { error } = GeoJSONFeatureSchema.safeParse(feature)
  expect(error?.message).to.equal(undefined)
  return feature
}

const gpxOf = async (readings: readonly TrackReading[]): Promise<string> => {
  const text = encodeReadings(readings, 'gpx')
  expect(await gpxFaults(text)).to.deep.equal([])
  return text
}

describe('numbers in track files', () => {
  it('have no exponents in GPX and CSV', async () => {
    const readings = readingsOf('exports/exponents')
    const gpx = await gpxOf(readings)
    expect(gpx).to.include('lon="-0.0000002"')
    expect(gpx).to.include('<ele>-0.00000065</ele>')
    expect(gpx).to.include('<gpxtpx:speed>0.000000032</gpxtpx:speed>')
    expect(encodeReadings(readings, 'csv')).to.include(
      ',0,51.47,-0.0000002,-0.00000065,0.000000032,0,ellipsoid,\r\n',
    )
    expect(geometriesOf(gpx)).to.deep.equal([
      {
        type: 'LineString',
        coordinates: [
          [-2e-7, 51.47, -6.5e-7],
          [0.0001, 51.4701, 12.5],
        ],
      },
    ])
  })

  it('keep their values in every file, for any readings', async function () {
    this.timeout(30_000)
    const texts: string[] = []
    const reading = fc.record({
      latitude: fc.double({ min: -90, max: 90, noNaN: true }),
      longitude: fc.double({ min: -180, max: 180, noNaN: true }),
      altitude: fc.option(fc.double({ min: -1e6, max: 1e6, noNaN: true })),
      speed: fc.double({ min: 0, max: 500, noNaN: true }),
      altitudeReference: fc.constantFrom('ellipsoid', 'sea-level', 'unknown'),
    })
    fc.assert(
      fc.property(fc.array(reading, { minLength: 1, maxLength: 5 }), (values) => {
        const readings = values.map((value, index) => aTrackReading(index * 1000, value))
        texts.push(encodeReadings(readings, 'gpx'))
        featureOf(readings)
        const { fixes } = parseTrace(encodeReadings(readings, 'csv'), 'f')
        expect(
          fixes.map(({ latitude, longitude, altitude, speed }) => [
            latitude,
            longitude,
            altitude,
            speed,
          ]),
        ).to.deep.equal(
          readings.map(({ latitude, longitude, altitude, speed }) =>
            [latitude, longitude, altitude, speed].map((value) => (value === 0 ? 0 : value)),
          ),
        )
      }),
      { numRuns: 100 },
    )
    expect(await gpxFaults(...texts)).to.deep.equal([])
  })
})

describe('the 180th meridian in track files', () => {
  it('is -180 in GPX', async () => {
    const gpx = await gpxOf(readingsOf('exports/longitude-180'))
    expect(gpx.match(/lon="[^"]*"/g)).to.deep.equal([
      'lon="179.9999"',
      'lon="-180"',
      'lon="-179.9999"',
    ])
  })

  it('cuts a line of GeoJSON, at the reading on it', () => {
    const { geometry, properties } = featureOf(readingsOf('exports/longitude-180'))
    expect(geometry).to.deep.equal({
      type: 'MultiLineString',
      coordinates: [
        [
          [179.9999, -16.8],
          [180, -16.8],
        ],
        [
          [-180, -16.8],
          [-179.9999, -16.8],
        ],
      ],
    })
    expect(properties['speeds']).to.deep.equal([
      [10, 10],
      [10, 10],
    ])
  })

  it('cuts a line of GeoJSON between two readings, with interpolated place and time', () => {
    const line = [
      aTrackReading(0, { longitude: -179.9999, latitude: 0, altitude: 10, speed: 3 }),
      aTrackReading(4, { longitude: 179.9997, latitude: 0.0004, altitude: 14, speed: 3 }),
    ]
    const { geometry, properties } = featureOf(line)
    const [first, second] = geometry?.coordinates as number[][][]
    expect([first?.[0], second?.[1]]).to.deep.equal([
      [-179.9999, 0, 10],
      [179.9997, 0.0004, 14],
    ])
    for (const [position, longitude] of [
      [first?.[1], -180],
      [second?.[0], 180],
    ] as const) {
      expect(position?.[0]).to.equal(longitude)
      expect(position?.[1]).to.be.closeTo(0.0001, 1e-9)
      expect(position?.[2]).to.be.closeTo(11, 1e-6)
    }
    expect(properties).to.deep.include({
      coordTimes: [
        ['2026-01-31T12:00:00.000000Z', '2026-01-31T12:00:01.000000Z'],
        ['2026-01-31T12:00:01.000000Z', '2026-01-31T12:00:04.000000Z'],
      ],
      speeds: [
        [3, null],
        [null, 3],
      ],
    })
  })

  it('does not cut a line that stays on one side', () => {
    const line = [-180, -179.9999].map((longitude, index) => aTrackReading(index, { longitude }))
    expect(featureOf(line).geometry?.type).to.equal('LineString')
  })
})

describe('altitudes in track files', () => {
  it('are a property in GeoJSON if some readings have none', () => {
    const { geometry, properties } = featureOf(readingsOf('exports/altitude-sometimes'))
    expect(geometry?.coordinates).to.deep.equal([
      [11.5, 48.1],
      [11.5, 48.1001],
      [11.5, 48.1002],
    ])
    expect(properties).to.deep.include({
      altitudes: [null, 501, 502],
      altitudeReference: 'ellipsoid',
    })
  })

  it('are a property in GeoJSON if they are not above the ellipsoid', () => {
    const readings = [0, 1].map((second) =>
      aTrackReading(second, { altitude: 5, altitudeReference: 'sea-level' }),
    )
    const { geometry, properties } = featureOf(readings)
    expect(geometry?.coordinates).to.deep.equal(Array(2).fill([0, 0]))
    expect(properties).to.deep.include({ altitudes: [5, 5], altitudeReference: 'sea-level' })
  })

  it('are labelled with their reference in every file, and are read back with it', async () => {
    const references = ['ellipsoid', 'sea-level', 'unknown'] as const
    const readings = references.map((altitudeReference, index) =>
      aTrackReading(index, { altitude: 5, altitudeReference }),
    )
    for (const track of [readings, ...readings.map((reading) => [reading])]) {
      const gpx = await gpxOf(track)
      const expected = track.map(({ altitudeReference: reference }) =>
        reference === 'ellipsoid' ? undefined : reference,
      )
      for (const text of [gpx, encodeReadings(track, 'csv')]) {
        const { fixes } = parseTrace(text, 'f')
        expect(fixes.map(({ altitudeReference }) => altitudeReference)).to.deep.equal(expected)
      }
      expect(gpx).to.match(/<desc>.*[Ee]levation.*<\/desc>/)
    }
    expect(featureOf(readings).properties['altitudeReferences']).to.deep.equal(references)
  })
})

describe('several drives in one track file', () => {
  const readings = readingsOf('trips/two-drives')

  it('are two track segments in GPX', async () => {
    const gpx = await gpxOf(readings)
    expect(gpx.match(/<trkseg>/g)).to.have.length(2)
    const [geometry] = geometriesOf(gpx)
    const lines = geometry?.type === 'MultiLineString' ? geometry.coordinates : []
    expect(lines.map(({ length }) => length)).to.deep.equal([8, 8])
  })

  it('are two lines in GeoJSON', () => {
    const { geometry, properties } = featureOf(readings)
    expect(geometry?.type).to.equal('MultiLineString')
    const lines = geometry?.coordinates as number[][][]
    expect(lines.map(({ length }) => length)).to.deep.equal([8, 8])
    expect((properties['coordTimes'] as string[][]).map(({ length }) => length)).to.deep.equal([
      8, 8,
    ])
  })

  it('leave a false position out of the lines and keep it in CSV', async () => {
    const withFalse = [
      ...readings.slice(0, 4),
      aTrackReading(35, { latitude: 0 }),
      ...readings.slice(4),
    ]
    const gpx = await gpxOf(withFalse)
    expect(gpx.match(/<trkpt /g)).to.have.length(16)
    expect(gpx.match(/<trkseg>/g)).to.have.length(2)
    expect(encodeReadings(withFalse, 'csv').trimEnd().split('\r\n')).to.have.length(18)
  })

  it('keep a single reading between two silences as a single position in GeoJSON', async () => {
    const withSingle = [...readings, aTrackReading(9_000, { latitude: 48, longitude: 8 })]
    await gpxOf(withSingle)
    const { geometry, properties } = featureOf(withSingle)
    expect((geometry?.coordinates as unknown[]).length).to.equal(2)
    expect(properties['singlePositions']).to.deep.include({ coordinates: [[8, 48]] })
  })
})

describe('replaying a track file', () => {
  for (const format of ['csv', 'gpx'] as const) {
    it(`replays all of several readings at one instant from ${format}`, () => {
      const text = encodeReadings(readingsOf('exports/several-at-one-instant'), format)
      const { fixes, leftOut } = parseTrace(text, 'f')
      expect([fixes.length, leftOut]).to.deep.equal([6, []])
      expect(fixes.map(({ speed }) => speed)).to.deep.equal(Array(6).fill(3))
    })
  }
})
