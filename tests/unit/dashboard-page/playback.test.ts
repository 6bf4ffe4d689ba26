import { expect } from 'chai'
import {
  trackPlaceAt,
  indexAtOrBefore,
} from '../../../services/dashboard/page/state/history/playback.ts'
import {
  isSameSpan,
  lastSpan,
  spanOfDay,
} from '../../../services/dashboard/page/state/history/span.ts'
import type { TrackPoint } from '../../../services/dashboard/api/history.ts'
import { aPoint, metre, noon } from './vehicles.ts'

const longestGap = 10_000

describe('trackPlaceAt', () => {
  const points = [aPoint(0, 0), aPoint(1, 10), aPoint(2, 20)]

  it('returns the place of a reading, and interpolates between readings', () => {
    expect(trackPlaceAt(points, noon - 1, longestGap)).to.equal(undefined)
    expect(trackPlaceAt(points, noon, longestGap)?.longitude).to.equal(0)
    expect(trackPlaceAt(points, noon + 1500, longestGap)?.longitude).to.be.closeTo(
      15 * metre,
      1e-12,
    )
  })

  it('increases the age after the last reading', () => {
    const place = trackPlaceAt(points, noon + 32_000, longestGap)
    expect(place?.ageMs).to.equal(30_000)
    expect(place?.longitude).to.equal(20 * metre)
  })

  it('keeps the vehicle at its last reading within a gap', () => {
    const place = trackPlaceAt([aPoint(0, 0), aPoint(300, 50)], noon + 100_000, longestGap)
    expect(place?.ageMs).to.equal(100_000)
    expect(place?.longitude).to.equal(0)
  })

  it('interpolates where a simplified track omits points', () => {
    const straight = trackPlaceAt([aPoint(0, 0), aPoint(60, 600)], noon + 30_000, longestGap)
    expect(straight?.ageMs).to.equal(0)
    expect(straight?.longitude).to.be.closeTo(300 * metre, 1e-9)
    const standing = trackPlaceAt([aPoint(0, 0, 0), aPoint(600, 3, 0)], noon + 300_000, longestGap)
    expect(standing?.ageMs).to.equal(0)
  })

  it('keeps an unknown speed unknown, and does not report a movement in a gap without speeds', () => {
    const withoutSpeed = ([at, longitude, latitude, , heading]: TrackPoint): TrackPoint => [
      ...([at, longitude, latitude, null, heading] as const),
    ]
    const [first, second, far] = [aPoint(0, 0), aPoint(1, 10), aPoint(60, 600)].map(withoutSpeed)
    const place = trackPlaceAt([first, second] as TrackPoint[], noon + 500, longestGap)
    expect(place).to.include({ speed: null, ageMs: 0 })
    const inGap = trackPlaceAt([first, far] as TrackPoint[], noon + 30_000, longestGap)
    expect(inGap?.ageMs).to.equal(30_000)
  })

  it('takes the short way across the 180th meridian', () => {
    const across = (longitude: number, next: number, seconds: number) => {
      const [[at], [after]] = [aPoint(0), aPoint(seconds)]
      const ends: TrackPoint[] = [
        [at, longitude, 0, 10, 90],
        [after, next, 0, 10, 90],
      ]
      return trackPlaceAt(ends, noon + seconds * 750, longestGap)
    }
    expect(across(179.9999, -179.9999, 2)?.longitude).to.be.closeTo(-179.99995, 1e-9)
    expect(across(-179.9999, 179.9999, 2)?.longitude).to.be.closeTo(179.99995, 1e-9)
    // 600 m in a minute match the reported speed, so this is no gap.
    const straight = across(180 - 200 * metre, -180 + 400 * metre, 60)
    expect(straight?.ageMs).to.equal(0)
    expect(straight?.longitude).to.be.closeTo(-180 + 250 * metre, 1e-9)
  })

  it('indexAtOrBefore returns the last point at or before a time', () => {
    expect([-1, 0, 999, 1000, 5000].map((at) => indexAtOrBefore(points, noon + at))).to.deep.equal([
      -1, 0, 0, 1, 2,
    ])
  })
})

describe('spans of the history', () => {
  it('spanOfDay returns a span within a day or over midnight', () => {
    const day = spanOfDay('2026-11-21', '10:00', '11:30')
    expect(day && day.to - day.from).to.equal(90 * 60_000)
    const night = spanOfDay('2026-11-21', '23:00', '01:00')
    expect(night && night.to - night.from).to.equal(2 * 3_600_000)
    expect(spanOfDay('', '10:00', '11:00')).to.equal(undefined)
  })

  it('spanOfDay returns a whole day if both times are equal', () => {
    const [from, to] = [new Date(2026, 10, 21, 10).getTime(), new Date(2026, 10, 22, 10).getTime()]
    expect(spanOfDay('2026-11-21', '10:00', '10:00')).to.deep.equal({ from, to })
  })

  it('isSameSpan compares start and end', () => {
    const span = { from: noon, to: noon + 1 }
    const others = [{ ...span }, { from: noon, to: noon + 2 }, { from: 0, to: noon + 1 }, undefined]
    expect(others.map((other) => isSameSpan(span, other))).to.deep.equal([
      true,
      false,
      false,
      false,
    ])
  })

  it('lastSpan ends with the current minute', () => {
    expect(lastSpan(noon + 1, 60_000)).to.deep.equal({ from: noon, to: noon + 60_000 })
  })
})
