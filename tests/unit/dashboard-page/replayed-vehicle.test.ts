import { expect } from 'chai'
import { TrackHistory } from '../../../services/dashboard/page/state/history/track-history.ts'
import { replayedVehicle } from '../../../services/dashboard/page/state/history/replayed-vehicle.ts'
import { samplingIntervalSeconds } from '../../../services/telemetry/track/sampling-interval.ts'
import { aPoint, aSession, metre, noon } from './vehicles.ts'

const day = 24 * 3_600_000
const minutes = 15 * 60_000
/** At 10 m/s around blocks: on the straight line it gets ahead by a fourth of what it drives. */
const points = [0, 40, 80, 120].map((second) => aPoint(second, second * 2.5))

describe('a vehicle as it is seen in the past', () => {
  const loaded = async (length: number, vin?: string) => {
    const tracks = [{ vin: 'TEST-1', points }]
    const trackHistory = new TrackHistory(() => Promise.resolve({ tracks, isComplete: true }))
    await trackHistory.load({ from: noon, to: noon + length }, vin)
    return trackHistory
  }
  const { settings } = aSession({})
  const stateAt = (trackHistory: TrackHistory, second: number) => {
    trackHistory.seek(noon + second * 1000)
    return replayedVehicle(trackHistory, points, settings)?.state
  }

  it('drives on between readings of a fleet that were thinned, and after the last', async () => {
    const trackHistory = await loaded(day)
    expect([20, 60, 160].map((second) => stateAt(trackHistory, second))).to.deep.equal([
      'moving',
      'moving',
      'moving',
    ])
    trackHistory.seek(noon + 20_000)
    expect(replayedVehicle(trackHistory, points, settings)?.longitude).to.be.closeTo(
      50 * metre,
      1e-9,
    )
  })

  it('is old after twice the time between thinned readings', async () => {
    const trackHistory = await loaded(day)
    const last = 120 + 2 * samplingIntervalSeconds(day / 1000)
    expect([last - 1, last + 1].map((second) => stateAt(trackHistory, second))).to.deep.equal([
      'moving',
      'stale',
    ])
  })

  it('is as old as it is where nothing was thinned: in short spans, and alone', async () => {
    for (const trackHistory of [await loaded(minutes), await loaded(day, 'TEST-1')]) {
      expect([5, 20, 125, 131].map((second) => stateAt(trackHistory, second))).to.deep.equal([
        'moving',
        'stale',
        'moving',
        'stale',
      ])
    }
  })
})

describe('the thinning of the tracks of a fleet', () => {
  it('leaves some 2,000 readings of each vehicle, and all of those of a short span', () => {
    expect([86_400, 2_000, 1].map(samplingIntervalSeconds)).to.deep.equal([43.2, 1, 0.05])
  })
})
