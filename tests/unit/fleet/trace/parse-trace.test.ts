import { expect } from 'chai'
import { parseTrace } from '../../../../fleet/trace/parse-trace.ts'
import { ReplayedDrives } from '../../../../fleet/trace/replayed-drives.ts'
import { TraceError } from '../../../../fleet/trace/trace-error.ts'
import { checkDigit } from '../../../../fleet/vin.ts'

const csv = `timestamp,latitude,longitude,altitude,speed,heading
2018-08-02T16:14:48.299Z,37.7209977,-122.4723053,33.37,7.823,2.14
2018-08-02T16:14:48.399001Z,37.7210050,-122.4723050,33.35,7.993,2.28
2018-08-02T18:14:50.499+02:00,37.7210124,-122.4723046,,8.205,360
`

const gpx = `<?xml version="1.0" encoding="UTF-8"?>
<gpx version="1.1" creator="test" xmlns="http://www.topografix.com/GPX/1/1"
  xmlns:t="http://www.garmin.com/xmlschemas/TrackPointExtension/v2">
  <trk><trkseg>
    <trkpt lat="37.0000000" lon="-122.0000000"><ele>10.5</ele><time>2020-01-01T00:00:00Z</time></trkpt>
    <trkpt lat="37.0001000" lon="-122.0000000"><time>2020-01-01T00:00:01Z</time></trkpt>
  </trkseg><trkseg>
    <trkpt lat="37.0001000" lon="-122.0000000"><time>2020-01-01T00:00:02Z</time></trkpt>
    <trkpt lat="37.0001000" lon="-121.9999000"><time>2020-01-01T00:00:03.5Z</time><extensions>
      <t:TrackPointExtension><t:speed>6.25</t:speed><t:course>91</t:course></t:TrackPointExtension>
    </extensions></trkpt>
  </trkseg></trk>
</gpx>`

describe('parseTrace', () => {
  it('reads all values of a CSV file exactly', () => {
    const first = 1_533_226_488_299_000
    const common = { longitude: -122.4723053, altitude: 33.37 }
    expect(parseTrace(csv, 'drive.csv').fixes).to.deep.equal([
      { ...common, recordedAt: first, latitude: 37.7209977, speed: 7.823, heading: 2.14 },
      {
        recordedAt: first + 100_001,
        latitude: 37.721005,
        longitude: -122.472305,
        altitude: 33.35,
        speed: 7.993,
        heading: 2.28,
      },
      {
        recordedAt: first + 2_200_000,
        latitude: 37.7210124,
        longitude: -122.4723046,
        altitude: null,
        speed: 8.205,
        heading: 0,
      },
    ])
  })

  it('accepts columns in any order, ignores others, and requires only time and position', () => {
    const text = '\uFEFFnote,longitude,latitude,timestamp\r\nx,2,1,1533226488.25\r\n'
    expect(parseTrace(text, 'drive.csv').fixes).to.deep.equal([
      {
        recordedAt: 1_533_226_488_250_000,
        latitude: 1,
        longitude: 2,
        altitude: null,
        speed: 0,
        heading: null,
      },
    ])
  })

  it('reads a GPX file and computes missing speeds and headings', () => {
    const { fixes } = parseTrace(gpx, 'drive.gpx')
    expect(fixes.map(({ latitude, longitude }) => [latitude, longitude])).to.deep.equal([
      [37, -122],
      [37.0001, -122],
      [37.0001, -122],
      [37.0001, -121.9999],
    ])
    expect(fixes.map(({ altitude }) => altitude)).to.deep.equal([10.5, null, null, null])
    // 0.0001 degrees of the meridian at 37 degrees are 11.0978 m.
    expect(fixes.map(({ speed }) => speed)).to.deep.equal([11.098, 11.098, 5.934, 6.25])
    expect(fixes.map(({ heading }) => heading)).to.deep.equal([0, 0, 90, 91])
  })

  it('reads the columns of our own track files, which have their units in their names', () => {
    const ownHeader = 'vin,timestamp,sequence,latitude,longitude,altitude_m,speed_m_s,heading_deg'
    const line = `V-1,2018-08-02T16:14:48Z,7,37,-122,10.5,3.25,90`
    const [fix] = parseTrace(`${ownHeader}\n${line}`, 'f').fixes
    expect(fix).to.include({ altitude: 10.5, speed: 3.25, heading: 90 })
  })

  const header = 'timestamp,latitude,longitude,altitude,speed,heading'
  const time = '2018-08-02T16:14:48Z'
  const faults: readonly [name: string, text: string, message: RegExp][] = [
    ['an empty file', '', /^f: it contains no fix; it should be a drive with at least one fix\.$/],
    ['a file with only a header', header, /^f: it contains no fix/],
    [
      'a missing column',
      `timestamp,latitude\n${time},1`,
      /^f, line 1: the column longitude is missing in "timestamp,latitude"; it should be a header such as timestamp,latitude,longitude/,
    ],
    [
      'a value that is not a number',
      `${header}\n${time},north,2,,,`,
      /^f, line 2: latitude is "north"; it should be a number in \[-90, 90\] degrees\.$/,
    ],
    ['a missing value', `${header}\n${time},1,,,,`, /^f, line 2: longitude is missing/],
    [
      'a value out of range',
      `${header}\n${time},1,2,,501,`,
      /^f, line 2: speed is "501"; it should be a number in \[0, 500\] m\/s/,
    ],
    [
      'a time without an offset',
      `${header}\n2018-08-02T16:14:48,1,2,,,`,
      /^f, line 2: the time "2018-08-02T16:14:48" has no offset; append Z if it is UTC, .*; it should be ISO 8601 with an offset/,
    ],
    ['a missing time', `${header}\n,1,2,,,`, /^f, line 2: the time is missing/],
    [
      'a line that is too short',
      `${header}\n${time},1`,
      /^f, line 2: it has 2 values; it should be 6 values, as many as the header\.$/,
    ],
    ['broken XML', '<gpx>\n<trk></gpx>', /^f, line 2: .* it should be well-formed XML\.$/],
    [
      'XML that is not GPX',
      '<kml></kml>',
      /^f, line 1: the first element is <kml>; it should be <gpx>, of GPX 1\.0 or 1\.1\.$/,
    ],
    [
      'an invalid track point',
      '<gpx><trk><trkseg><trkpt lat="1"><time>2020-01-01T00:00:00Z</time></trkpt></trkseg></trk></gpx>',
      /^f, line 1 \(point 1\): longitude is missing/,
    ],
  ]
  for (const [name, text, message] of faults) {
    it(`reports ${name}`, () => {
      expect(() => parseTrace(text, 'f')).to.throw(TraceError, message)
    })
  }
})

describe('ReplayedDrives', () => {
  const start = 1_800_000_000_000_123
  const { fixes } = parseTrace(csv, 'drive.csv')
  const of = { firstVehicle: 0, numVehicles: 1 }
  const rest = { reportIntervalSeconds: 1, seed: 42, start, nextSequence: () => 0 }
  const options = { fixes, ...of, ...rest }

  it('shifts the times to now and keeps their spacing exact to the microsecond', () => {
    const drives = new ReplayedDrives(options)
    const readings = drives.takeDue(start + 10_000_000)
    expect(readings.map(({ recordedAt }) => recordedAt - start)).to.deep.equal([
      0, 100_001, 2_200_000,
    ])
    expect(readings.map(({ sequence }) => sequence)).to.deep.equal([0, 1, 2])
    const { vin, latitude, longitude, speed, heading } = readings[0] ?? {}
    expect({ latitude, longitude, speed, heading }).to.deep.equal({
      latitude: 37.7209977,
      longitude: -122.4723053,
      speed: 7.823,
      heading: 2.14,
    })
    expect(vin?.charAt(8)).to.equal(checkDigit(vin ?? ''))
  })

  it('returns each fix when it is due, and ends after the last', () => {
    const drives = new ReplayedDrives(options)
    expect(drives.takeDue(start).length).to.equal(1)
    expect(drives.nextDue).to.equal(start + 100_001)
    expect(drives.takeDue(start + 100_000)).to.deep.equal([])
    expect(drives.takeDue(start + 100_001).length).to.equal(1)
    expect(drives.takeDue(start + 2_200_000).length).to.equal(1)
    expect(drives.nextDue).to.equal(undefined)
  })

  it('continues from the new time with the same spacing if the clock is set back', () => {
    const [drives, hour] = [new ReplayedDrives(options), 3_600_000_000]
    expect(drives.takeDue(start).length).to.equal(1)
    expect(drives.takeDue(start - hour)).to.deep.equal([])
    expect(drives.nextDue).to.equal(start - hour + 100_001)
    const readings = drives.takeDue(start - hour + 2_200_000)
    expect(readings.map(({ recordedAt }) => recordedAt - start + hour)).to.deep.equal([
      100_001, 2_200_000,
    ])
  })

  it('continues the sequences of an earlier start', () => {
    const drives = new ReplayedDrives({ ...options, nextSequence: () => 7 })
    const sequences = drives.takeDue(start + 10_000_000).map(({ sequence }) => sequence)
    expect(sequences).to.deep.equal([7, 8, 9])
  })

  it('starts the vehicles one after another within the report interval', () => {
    const drives = new ReplayedDrives({ ...options, numVehicles: 4 })
    const firsts = drives.takeDue(start + 9_000_000).filter(({ sequence }) => sequence === 0)
    const instants = firsts.map(({ recordedAt }) => recordedAt - start)
    expect(instants).to.deep.equal([0, 250_000, 500_000, 750_000])
    expect(firsts.map(({ vin }) => vin)).to.deep.equal(drives.vins)
  })
})
