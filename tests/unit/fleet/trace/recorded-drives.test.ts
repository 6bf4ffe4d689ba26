import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { parseTrace } from '../../../../fleet/trace/parse-trace.ts'
import { TraceError } from '../../../../fleet/trace/trace-error.ts'
import { root } from '../../../../scripts/platform/paths.ts'

const parseFile = (name: string) =>
  parseTrace(readFileSync(join(root, 'tests/fixtures/traces', name), 'utf8'), name)
const motionsOf = (name: string) =>
  parseFile(name).fixes.map(({ speed, heading }) => [speed, heading])

const header = 'timestamp,latitude,longitude,speed'
const at = (second: number) => new Date(1_700_000_000_000 + second * 1000).toISOString()
const gpx = (points: string) =>
  `<gpx version="1.1" creator="x"><trk><trkseg>${points}</trkseg></trk></gpx>`
const point = (second: number, inner = '') =>
  `<trkpt lat="${second / 1e4}" lon="0"><time>${at(second)}</time>${inner}</trkpt>`

describe('parseTrace: movement', () => {
  it('takes the speed of the first point of a segment from the movement away from it', () => {
    expect(motionsOf('two-segments.gpx')).to.deep.equal(Array(6).fill([11.142, 0]))
  })

  it('takes no speed from the movement over a gap in time', () => {
    // 0.0001 degrees a second; in the gap of ten minutes the vehicle came 0.3 degrees further.
    const [before, after] = [
      [0, 1, 2],
      [600, 601, 602],
    ].map((seconds, part) =>
      seconds.map((second) => `${at(second)},${part * 0.3 + second / 1e4},0,`),
    )
    const { fixes } = parseTrace([header, ...(before ?? []), ...(after ?? [])].join('\n'), 'f')
    expect(fixes.map(({ speed }) => Math.round(speed))).to.deep.equal(Array(6).fill(11))
  })

  it('takes no speed from a jump of the receiver', () => {
    const latitudes = [0, 1e-4, 2e-4, 2, 4e-4, 5e-4, 6e-4]
    const lines = latitudes.map((latitude, second) => `${at(second)},${latitude},0,`)
    const { fixes } = parseTrace([header, ...lines].join('\n'), 'f')
    expect(fixes.map(({ speed }) => Math.round(speed))).to.deep.equal(Array(7).fill(11))
  })

  it('computes the speeds of a flight, because all of its movements are fast', () => {
    const lines = [0, 1, 2, 3, 4].map((second) => `${at(second)},${second * 0.002},0,`)
    const { fixes } = parseTrace([header, ...lines].join('\n'), 'f')
    expect(fixes.map(({ speed }) => Math.round(speed))).to.deep.equal(Array(5).fill(221))
  })

  for (const [file, speed, heading] of [
    ['speed-in-point.gpx', 3.25, 45.5],
    ['speed-in-extensions.gpx', 3.25, 0],
    ['two-extensions.gpx', 3.25, 45],
  ] as const) {
    it(`reads the recorded speed and course of ${file}`, () => {
      const motions = motionsOf(file)
      expect(motions).to.deep.equal(Array(motions.length).fill([speed, heading]))
    })
  }

  it('computes a speed or course that the file gives as unknown (-1)', () => {
    const unknown = '<speed>-1</speed><course>-1.0</course>'
    const { fixes, leftOut } = parseTrace(gpx(point(0, unknown) + point(1, unknown)), 'f')
    expect(leftOut).to.deep.equal([])
    expect(fixes.map(({ speed, heading }) => [speed, heading])).to.deep.equal(
      Array(2).fill([11.057, 0]),
    )
  })

  it('accepts several readings at one instant and computes finite speeds', () => {
    const seconds = [0, 0, 1, 1, 2, 2]
    const lines = seconds.map((second, index) => `${at(second)},${index / 1e5},0,`)
    const { fixes, leftOut } = parseTrace([header, ...lines].join('\n'), 'f')
    expect([fixes.length, leftOut]).to.deep.equal([6, []])
    expect(fixes.every(({ speed }) => speed > 1 && speed < 4)).to.equal(true)
  })
})

describe('parseTrace: points that cannot be used', () => {
  it('leaves out points without a time and says where they are', () => {
    const { fixes, leftOut } = parseFile('points-without-time.gpx')
    expect(fixes).to.have.length(5)
    expect(leftOut.map(({ place, problem }) => `${place}: ${problem}`)).to.deep.equal([
      'points-without-time.gpx, line 4 (point 1): the time is missing',
      'points-without-time.gpx, line 10 (point 7): the time is missing',
    ])
  })

  it('leaves out a line that is cut off, and a value out of range', () => {
    const lines = [0, 1, 2, 3].map((second) => `${at(second)},0,0,1`)
    const bad = [`${at(4)},0,0,501`, `${at(5)},0,91`]
    const { fixes, leftOut } = parseTrace([header, ...lines, ...bad].join('\n'), 'f')
    expect(fixes).to.have.length(4)
    expect(leftOut.map(({ place, problem }) => `${place}: ${problem}`)).to.deep.equal([
      'f, line 6: speed is "501"',
      'f, line 7: it has 3 values',
    ])
  })

  for (const [name, wrong] of [
    ['early', -1000],
    ['late', 1000],
  ] as const) {
    it(`leaves out the one point whose time is too ${name}`, () => {
      const seconds = [0, 1, wrong, 3, 4]
      const lines = seconds.map((second) => `${at(second)},0,0,1`)
      const { fixes, leftOut } = parseTrace([header, ...lines].join('\n'), 'f')
      expect(fixes).to.have.length(4)
      expect(leftOut.map(({ place }) => place)).to.deep.equal(['f, line 4'])
      expect(leftOut[0]?.problem).to.match(/^the time 2023-.*Z is not in the order of the other/)
    })
  }

  it('refuses a file of which more than half of the points cannot be used', () => {
    const lines = [3, 2, 1].map((second) => `${at(second)},0,0,1`)
    expect(() => parseTrace([header, ...lines].join('\n'), 'f')).to.throw(
      TraceError,
      /is not in the order of the other times; 2 of the 3 points of the file cannot be used; it should be at or after/,
    )
  })
})

describe('parseTrace: other forms of a file', () => {
  it('reads times with a space between date and time', () => {
    const { fixes } = parseFile('space-in-time.csv')
    expect(fixes.map(({ recordedAt }) => recordedAt / 1e6 - 1_714_557_600)).to.deep.equal([0, 1])
  })

  it('reads rows of the table diag, a header in capitals and a first line sep=,', () => {
    const lines = ['VIN,RECORDED_AT,LATITUDE,LONGITUDE', 'V,2026-01-31 12:00:00.25+00,1,2']
    for (const text of [lines, ['sep=,', ...lines]].map((all) => all.join('\r\n'))) {
      const [fix] = parseTrace(text, 'f').fixes
      expect(fix).to.include({ recordedAt: 1_769_860_800_250_000, latitude: 1, longitude: 2 })
    }
  })

  const faults: readonly [name: string, text: string, message: string][] = [
    [
      'separators that are not commas',
      readFileSync(join(root, 'tests/fixtures/traces/semicolons.csv'), 'utf8'),
      'f, line 1: the columns are separated by semicolons; it should be commas, with a decimal point in numbers.',
    ],
    [
      'another separator in the first line',
      `sep=;\n${header}`,
      'f, line 1: the columns are separated by semicolons; it should be commas, with a decimal point in numbers.',
    ],
    [
      'tabs as separators',
      header.replaceAll(',', '\t'),
      'f, line 1: the columns are separated by tabs; it should be commas, with a decimal point in numbers.',
    ],
    [
      'a file without a header',
      `${at(0)},1,2`,
      `f, line 1: the columns timestamp, latitude, longitude are missing in "${at(0)},1,2"; it should be a header such as timestamp,latitude,longitude,altitude,speed,heading (the last three are optional).`,
    ],
    [
      'a decimal comma',
      `${header}\n${at(0)},"60,17",2,`,
      'f, line 2: latitude is "60,17"; it should be a number in [-90, 90] degrees, with a decimal point instead of a comma.',
    ],
    [
      'milliseconds',
      `${header}\n1700000000000,1,2,`,
      'f, line 2: the time "1700000000000" has too many digits for Unix seconds; divide milliseconds by 1000; it should be ISO 8601 with an offset, for example 2018-08-02T16:14:48.299Z, or Unix seconds.',
    ],
    [
      'a GPX file that is cut off in a text',
      readFileSync(join(root, 'tests/fixtures/traces/truncated.gpx'), 'utf8'),
      'f, line 24: the file ends within <time>; it should be a complete file that ends with </gpx>.',
    ],
    [
      'a GPX file that is cut off in a tag',
      '<gpx>\n<trk><trkseg>\n<trkpt lat="6',
      'f, line 3: the file ends within <trkseg>; it should be a complete file that ends with </gpx>.',
    ],
    [
      'a GPX file with a document type declaration',
      '<!DOCTYPE gpx [<!ENTITY e SYSTEM "file:///etc/hostname">]>\n<gpx><trk><name>&e;</name></trk></gpx>',
      'f, line 1: the file has a document type declaration (DOCTYPE); it should be XML without DOCTYPE and entities.',
    ],
    [
      'a GPX file with an entity that is not declared',
      '<gpx>\n<trk><name>&e;</name></trk></gpx>',
      'f, line 2: undefined entity; it should be well-formed XML.',
    ],
    [
      'a GPX file with routes only',
      '<gpx><wpt lat="1" lon="2"/><rte><rtept lat="1" lon="2"/></rte></gpx>',
      'f: it has 2 waypoints and route points and no track point; it should be a file with track points (trkpt), which have times.',
    ],
  ]
  for (const [name, text, message] of faults) {
    it(`names the line and the cause of ${name}`, () => {
      expect(() => parseTrace(text, 'f')).to.throw(TraceError, message)
    })
  }
})
