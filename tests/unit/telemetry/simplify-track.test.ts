import { expect } from 'chai'
import fc from 'fast-check'
import { distanceBetween } from '../../../services/telemetry/track/distance.ts'
import type { TimedPlace } from '../../../services/telemetry/track/simplify-track.ts'
import { neededPoints, simplifyTrack } from '../../../services/telemetry/track/simplify-track.ts'

/** Degrees per metre at the equator. */
const metres = 1 / 111_195
/** A point `east` and `north` metres from a place near the equator. */
const at = (time: number, east: number, north = 0): TimedPlace => ({
  at: time,
  longitude: 10 + east * metres,
  latitude: north * metres,
})

/** Largest distance in metres between a point of the track and its interpolated place on the simplified track. */
function worstError(track: readonly TimedPlace[], kept: readonly TimedPlace[]): number {
  const errors = track.map((point) => {
    const next = kept.findIndex((candidate) => candidate.at >= point.at)
    const [from, to] = [kept[Math.max(0, next - 1)]!, kept[next]!]
    const fraction = to.at === from.at ? 1 : (point.at - from.at) / (to.at - from.at)
    return distanceBetween(point, {
      latitude: from.latitude + fraction * (to.latitude - from.latitude),
      longitude: from.longitude + fraction * (to.longitude - from.longitude),
    })
  })
  return Math.max(...errors)
}

describe('simplifyTrack', () => {
  it('keeps only the ends of a straight drive at constant speed', () => {
    const track = [0, 1, 2, 3, 4].map((time) => at(time, 10 * time))
    expect(simplifyTrack(track, 1)).to.deep.equal([track[0], track[4]])
  })

  it('keeps corners, and both ends of a stop', () => {
    const corner = [at(0, 0), at(1, 50), at(2, 100), at(3, 100, 50), at(4, 100, 100)]
    expect(simplifyTrack(corner, 1)).to.deep.equal([corner[0], corner[2], corner[4]])
    const stop = [at(0, 0), at(10, 100), at(20, 100), at(30, 100), at(40, 200)]
    expect(simplifyTrack(stop, 1)).to.deep.equal([stop[0], stop[1], stop[3], stop[4]])
  })

  it('keeps all points if the tolerance is 0 or there are fewer than three points', () => {
    const track = [at(0, 0), at(1, 10), at(2, 20)]
    expect(simplifyTrack(track, 0)).to.deep.equal(track)
    expect(simplifyTrack(track.slice(0, 2), 5)).to.deep.equal(track.slice(0, 2))
    expect(simplifyTrack([], 5)).to.deep.equal([])
  })

  it('treats a line across the 180th meridian as straight', () => {
    const track = [179.9, 179.95, -180, -179.95, -179.9].map((longitude, time) => ({
      at: time,
      latitude: 0,
      longitude,
    }))
    expect(simplifyTrack(track, 1)).to.deep.equal([track[0], track[4]])
  })

  it('keeps every removed point within the tolerance, at any time', () => {
    const step = fc.record({
      after: fc.integer({ min: 1, max: 5 }),
      east: fc.integer({ min: -30, max: 30 }),
      north: fc.integer({ min: -30, max: 30 }),
    })
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1 }),
        fc.constantFrom(1, 5, 40),
        (steps, tolerance) => {
          let [time, east, north] = [0, 0, 0]
          const track = steps.map((each) => {
            ;[time, east, north] = [time + each.after, east + each.east, north + each.north]
            return at(time, east, north)
          })
          expect(worstError(track, simplifyTrack(track, tolerance))).to.be.at.most(tolerance + 1e-6)
        },
      ),
    )
  })

  // A comparison of all pairs of points would take longer on any machine.
  it('takes less than 30 seconds for a day of readings without a straight part', function () {
    this.timeout(60_000)
    const spiral = Array.from({ length: 86_400 }, (_, time) =>
      at(time, time * Math.cos(time), time * Math.sin(time)),
    )
    const since = performance.now()
    expect(simplifyTrack(spiral, 0.1).length).to.equal(86_400)
    expect(performance.now() - since).to.be.lessThan(30_000)
  })
})

describe('distanceBetween', () => {
  const place = (latitude: number, longitude: number) => ({ latitude, longitude })

  for (const [from, to, expected] of [
    [place(0, 0), place(0, 1), 111_195],
    [place(0, 0), place(1, 0), 111_195],
    [place(60, 10), place(60, 10.001), 55.6],
    [place(0, 179.999), place(0, -179.999), 222.4],
    [place(52.5163, 13.3777), place(48.8584, 2.2945), 878_000],
    [place(90, 0), place(-90, 0), 20_015_115],
  ] as const) {
    it(`is ${expected} m from ${JSON.stringify(from)} to ${JSON.stringify(to)}`, () => {
      expect(distanceBetween(from, to)).to.be.closeTo(expected, expected / 500)
    })
  }
})

describe('neededPoints', () => {
  it('returns the indexes of the points that simplifyTrack keeps', () => {
    const corner = [at(0, 0), at(1, 50), at(2, 100), at(3, 100, 50), at(4, 100, 100)]
    const column = (field: keyof TimedPlace) => Float64Array.from(corner, (point) => point[field])
    const places = {
      at: column('at'),
      longitude: column('longitude'),
      latitude: column('latitude'),
    }
    expect(neededPoints(places, 1)).to.deep.equal([0, 2, 4])
    expect(neededPoints(places, 0)).to.deep.equal([0, 1, 2, 3, 4])
  })
})
