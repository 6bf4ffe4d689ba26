import { expect } from 'chai'
import { firstPoints, pointAt, pointsOf } from '../../../services/telemetry/track/track-columns.ts'

const track = {
  at: Float64Array.of(1, 2, 3),
  longitude: Float64Array.of(10, 11, 12),
  latitude: Float64Array.of(50, 51, 52),
  speed: Float64Array.of(NaN, 4, 5),
  heading: Float64Array.of(90, NaN, 270),
}

describe('the columns of a track', () => {
  it('return points in which a value that was not reported is null', () => {
    expect(pointsOf(track)).to.deep.equal([
      { at: 1, longitude: 10, latitude: 50, speed: null, heading: 90 },
      { at: 2, longitude: 11, latitude: 51, speed: 4, heading: null },
      { at: 3, longitude: 12, latitude: 52, speed: 5, heading: 270 },
    ])
    expect(pointAt(track, 1)).to.deep.equal(pointsOf(track)[1])
  })

  it('can be limited to the first points', () => {
    expect(pointsOf(firstPoints(track, 2))).to.deep.equal(pointsOf(track).slice(0, 2))
    const lengths = Object.values(firstPoints(track, 2)).map((column) => column.length)
    expect(lengths).to.deep.equal([2, 2, 2, 2, 2])
    expect(pointsOf(firstPoints(track, 5))).to.deep.equal(pointsOf(track))
  })
})
