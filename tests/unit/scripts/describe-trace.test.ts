import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { parseTrace } from '../../../fleet/trace/parse-trace.ts'
import { describeTrace } from '../../../scripts/fleet/describe-trace.ts'
import { root } from '../../../scripts/platform/paths.ts'

const at = (second: number) => new Date(1_700_000_000_000 + second * 1000).toISOString()
const describeSeconds = (seconds: readonly number[], ...more: string[]) => {
  const lines = seconds.map((second) => `${at(second)},0,0`)
  return describeTrace(
    parseTrace(['timestamp,latitude,longitude', ...lines, ...more].join('\n'), 'drive.csv'),
  )
}

describe('describeTrace', () => {
  it('says how long a drive is and that it has no gaps', () => {
    expect(describeSeconds([0, 1, 2, 60])).to.deep.equal([
      'The recorded drive lasts 1 min: 4 readings, recorded from 2023-11-14T22:13:20Z.',
      'It has no gaps.',
    ])
  })

  it('says when each gap begins and how long it is', () => {
    expect(describeSeconds([0, 30, 60, 3_660, 3_690, 100_000])).to.deep.equal([
      'The recorded drive lasts 1 d 3 h: 6 readings, recorded from 2023-11-14T22:13:20Z.',
      'It has 2 gaps:',
      '  after 1 min: no reading for 1 h',
      '  after 1 h 1 min: no reading for 1 d 2 h',
    ])
  })

  it('lists the five longest gaps in the order of the drive', () => {
    const seconds = [0, 1, 2, 3, 4, 5, 6, 7, 8]
    for (const minutes of [7, 2, 6, 5, 4, 3]) seconds.push((seconds.at(-1) ?? 0) + minutes * 60)
    const [, count, ...gaps] = describeSeconds(seconds)
    expect(count).to.equal('It has 6 gaps. The 5 longest:')
    expect(gaps.map((line) => line.replace(/^.* for /, ''))).to.deep.equal([
      '7 min',
      '6 min',
      '5 min',
      '4 min',
      '3 min',
    ])
  })

  it('does not take the usual interval of a file for a gap', () => {
    const seconds = Array.from({ length: 10 }, (_, index) => index * 300)
    expect(describeSeconds(seconds)[1]).to.equal('It has no gaps.')
  })

  it('says how many segments a GPX file has, and which points are left out', () => {
    const file = (name: string) =>
      parseTrace(readFileSync(join(root, 'tests/fixtures/traces', name), 'utf8'), name)
    expect(describeTrace(file('two-segments.gpx'))[0]).to.equal(
      'The recorded drive lasts 9 s: 6 readings in 2 track segments, recorded from 2024-05-01T10:00:00Z.',
    )
    expect(describeTrace(file('points-without-time.gpx')).slice(2)).to.deep.equal([
      '2 points of points-without-time.gpx left out:',
      '  points-without-time.gpx, line 4 (point 1): the time is missing; it should be ISO 8601 with an offset, for example 2018-08-02T16:14:48.299Z, or Unix seconds.',
      '  points-without-time.gpx, line 10 (point 7): the time is missing; it should be ISO 8601 with an offset, for example 2018-08-02T16:14:48.299Z, or Unix seconds.',
    ])
  })
})
