import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { outcomesOf, stepOf } from '../../../support/file-reading.ts'

const step = stepOf(`format = "gpx"
columns = [
  { name = "kind", type = "text" }, { name = "track", type = "integer" }, { name = "segment", type = "integer" },
  { name = "at", type = "timestamp", from = "$.time" }, { name = "lat", type = "numeric" }, { name = "lon", type = "numeric" },
  { name = "ele", type = "numeric" }, { name = "speed", type = "double" }, { name = "course", type = "double" },
  { name = "hdop", type = "numeric" }, { name = "extensions", type = "json" },
]`)

const readDrive = (name: string, partBytes?: number) =>
  outcomesOf(readFileSync(`tests/fixtures/drives/${name}.gpx`), step, partBytes)

const micros = (time: string): number => Date.parse(time) * 1_000

const trackPoint = (...values: unknown[]): unknown[] => ['trkpt', 1, 1, ...values]

const drives: Record<string, unknown[][]> = {
  'garmin-connect': [
    trackPoint(
      ...[micros('2026-11-20T07:15:00Z'), '48.137154079973697662353515625'],
      ...['11.57612348347902297973632812', '519.20001220703125', null, null, null],
      '{"atemp":"8.0","hr":"71"}',
    ),
    trackPoint(
      micros('2026-11-20T07:15:01Z'),
      '48.1372',
      '11.5763',
      '519.4',
      null,
      null,
      null,
      null,
    ),
  ],
  strava: [
    trackPoint(
      micros('2026-11-20T16:00:10Z'),
      '52.520066',
      '13.404954',
      '34',
      null,
      null,
      null,
      null,
    ),
    trackPoint(
      micros('2026-11-20T16:00:12Z'),
      '52.5201',
      '13.4051',
      '34.2',
      null,
      null,
      null,
      null,
    ),
  ],
  osmand: [
    [
      'wpt',
      null,
      null,
      micros('2026-11-20T08:29:00Z'),
      '50.0755',
      '14.4378',
      null,
      null,
      null,
      null,
      null,
    ],
    trackPoint(
      ...[micros('2026-11-20T08:30:00Z'), '50.0755', '14.4378', '200.5', 12.5, 91.2, '3.8'],
      '{"speed":"12.5","heading":"91.2"}',
    ),
    [
      ...['trkpt', 1, 2, micros('2026-11-20T08:31:00Z'), '50.0756', '14.439', null, 8, 270, null],
      '{"speed":"8","bearing":"270"}',
    ],
  ],
  gpslogger: [
    trackPoint(
      micros('2026-11-20T10:00:00.250Z'),
      '47.3769',
      '8.5417',
      '408',
      22.15,
      181.5,
      '0.9',
      null,
    ),
    trackPoint(
      micros('2026-11-20T10:00:01.250Z'),
      '47.377',
      '8.5417',
      '408.1',
      22.2,
      181.5,
      null,
      null,
    ),
  ],
  opentracks: [
    trackPoint(
      ...[micros('2026-11-20T11:00:00.123Z'), '48.2', '16.37', '170.1', 13.89, null, null],
      '{"speed":"13.89","accuracy_horizontal":"4"}',
    ),
  ],
  komoot: [
    trackPoint(micros('2026-11-20T09:00:00Z'), '47.8', '13.04', '424', null, null, null, null),
    trackPoint(null, '47.8005', '13.041', '425', null, null, null, null),
  ],
  geotracker: [
    trackPoint(
      ...[micros('2026-11-20T06:00:00Z'), '55.7558', '37.6173', '156.2', 16.4, 350.12, null],
      '{"meta.c":"350.12","meta.s":"16.4"}',
    ),
    trackPoint(
      ...[micros('2026-11-20T06:00:01Z'), '55.756', '37.6172', '156.4', 16.6, 0, null],
      '{"meta.c":"0","meta.s":"16.6"}',
    ),
  ],
  qgis: [
    ['wpt', null, null, null, '40.4168', '-3.7038', '667', null, null, null, '{"fid":"1"}'],
    ['rtept', null, null, null, '40.4168', '-3.7038', null, null, null, null, null],
    [
      'rtept',
      null,
      null,
      micros('2026-11-20T10:00:00Z'),
      '40.417',
      '-3.703',
      null,
      null,
      null,
      null,
      null,
    ],
    trackPoint(
      micros('2026-11-20T10:00:00Z'),
      '40.4168',
      '-3.7038',
      null,
      3.5,
      null,
      null,
      '{"speed":"3.5"}',
    ),
  ],
  prefixed: [trackPoint(micros('2026-11-20T10:00:00Z'), '0.5', '8.54', null, 15, null, null, null)],
}

const gpx = (content: string): string =>
  `<gpx version="1.1"><trk><trkseg>${content}</trkseg></trk></gpx>`

describe('A file in the format gpx', () => {
  for (const [name, points] of Object.entries(drives)) {
    it(`in the layout of ${name} has its points with time, place, speed, course and extensions`, async () => {
      for (const partBytes of [1, 50, 100_000])
        expect(await readDrive(name, partBytes)).to.deep.equal(points)
    })
  }

  it('has the names of tracks, and texts with line breaks and references of characters', async () => {
    const names = stepOf('format = "gpx"\ncolumns = [ { name = "track_name", type = "text" } ]')
    const prefixed = readFileSync('tests/fixtures/drives/prefixed.gpx')
    expect(await outcomesOf(prefixed, names)).to.deep.equal([['Zürich – <Bern>']])
  })

  it('is refused with a sentence if its XML is broken, truncated, or has entities', async () => {
    const bomb = `<!DOCTYPE gpx [ <!ENTITY a "${'x'.repeat(1_000)}"> ]>${gpx('&a;')}`
    const refusals = [
      ['', 'The file is not a GPX file: document must contain a root element; expected <gpx>.'],
      ['id,name\n', 'The file is not a GPX file: in line 2 text data outside of root node.'],
      [
        '<kml/>',
        'The file is not a GPX file: in line 1 the first element is <kml>; expected <gpx>.',
      ],
      [
        bomb,
        'The file is not a GPX file: in line 1 it has a document type declaration (DOCTYPE), which is not read.',
      ],
      [gpx('&a;'), 'The file is not a GPX file: in line 1 undefined entity.'],
      [gpx('\n</trkpt>'), 'The file is not a GPX file: in line 2 unexpected close tag.'],
      [
        '<gpx><trk><trkseg><trkpt lat="1" lon="2"><ti',
        'The file is not complete: it ends within <trkpt>.',
      ],
      [gpx('x'.repeat(3_000_000)), /has a text of more than 1048576 characters\.$/],
      [gpx('<a>'.repeat(200)), /elements are nested more than 100 levels deep\.$/],
      [
        '<?xml version="1.0" encoding="koi8-r"?><gpx/>',
        'The XML declaration names the encoding "koi8-r", which cannot be read. Convert the file to UTF-8 and drop it again.',
      ],
    ] as const
    for (const [content, sentence] of refusals) {
      const [found] = (await outcomesOf(content, step)).slice(-1)
      if (typeof sentence === 'string') expect(found, content.slice(0, 60)).to.equal(sentence)
      else expect(found).to.match(sentence)
    }
    expect(await outcomesOf(Buffer.from(gpx('\xff'), 'latin1'), step)).to.deep.equal([
      'The file is not valid UTF-8 after byte 0. Declare map.encoding if it has another encoding.',
    ])
  })
})
