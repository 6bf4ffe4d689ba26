import { expect } from 'chai'
import { splitTrack } from '../../../../services/telemetry/trips/split-track.ts'
import type { TripReading } from '../../../../services/telemetry/trips/trip.ts'
import { aPosition, recordedTrack, tripRules } from '../../../support/trip-tracks.ts'

const segmentsOf = (readings: readonly TripReading[]) => {
  const { segments, setAside } = splitTrack(readings, tripRules)
  return { lengths: segments.map(({ length }) => length), setAside: setAside.length }
}
/** Readings every ten seconds from one place to another. */
const aLeg = (seconds: number, [fromMetres, toMetres]: [number, number], count: number) =>
  Array.from({ length: count }, (_, index) =>
    aPosition(seconds + index * 10, fromMetres + ((toMetres - fromMetres) * index) / (count - 1)),
  )

describe('splitTrack', () => {
  it('returns no segment for no readings, and one for one reading', () => {
    expect(segmentsOf([])).to.deep.equal({ lengths: [], setAside: 0 })
    expect(segmentsOf([aPosition(0, 0)])).to.deep.equal({ lengths: [1], setAside: 0 })
  })

  it('splits at a silence, whether the vehicle was standing or is elsewhere afterwards', () => {
    expect(segmentsOf(recordedTrack('two-drives')).lengths).to.deep.equal([8, 8])
    expect(segmentsOf(recordedTrack('overnight')).lengths).to.deep.equal([30, 30])
  })

  it('splits where a stop begins', () => {
    const drive = [...aLeg(0, [0, 1_000], 11), ...aLeg(110, [1_000, 1_000], 30)]
    expect(segmentsOf([...drive, ...aLeg(410, [1_100, 2_000], 10)]).lengths).to.deep.equal([11, 40])
  })

  it('sets a single impossible position aside, and splits where the vehicle jumped', () => {
    const zero = segmentsOf(recordedTrack('one-zero-position'))
    expect(zero).to.deep.equal({ lengths: [39], setAside: 1 })
    const jump = [...aLeg(0, [0, 1_000], 11), ...aLeg(110, [60_000, 61_000], 11)]
    expect(segmentsOf(jump)).to.deep.equal({ lengths: [11, 11], setAside: 0 })
    const badStart = [aPosition(0, 60_000), ...aLeg(10, [0, 1_000], 11)]
    expect(segmentsOf(badStart)).to.deep.equal({ lengths: [11], setAside: 1 })
  })

  it('keeps all readings of one instant, except an impossible one', () => {
    const [first, second, ...rest] = aLeg(0, [0, 1_000], 11)
    const readings = [first!, aPosition(10, 90_000), second!, second!, ...rest]
    const { segments, setAside } = splitTrack(readings, tripRules)
    expect(segments).to.deep.equal([[first, second, second, ...rest]])
    expect(setAside).to.deep.equal([aPosition(10, 90_000)])
  })

  it('keeps all fields of the readings', () => {
    const readings = recordedTrack('two-drives').map((reading, sequence) => ({
      ...reading,
      sequence,
    }))
    const { segments } = splitTrack(readings, tripRules)
    expect(segments.flat()).to.deep.equal(readings)
  })
})
