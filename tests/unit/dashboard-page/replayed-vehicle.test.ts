import { expect } from 'chai'
import { TrackHistory } from '../../../services/dashboard/page/state/history/track-history.ts'
import { replayedVehicle } from '../../../services/dashboard/page/state/history/replayed-vehicle.ts'
import { samplingIntervalSeconds } from '../../../services/telemetry/track/sampling-interval.ts'
import { aPoint, aSession, metre, noon } from './vehicles.ts'

const day = 24 * 3_600_000
const quarterHour = 15 * 60_000
/** Drives at 10 m/s around blocks: the straight distance is a quarter of the driven distance. */
const points = [0, 40, 80, 120].map((second) => aPoint(second, second * 2.5))

describe('replayedVehicle', () => {
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

  it('is moving between downsampled readings of a fleet, and shortly after the last', async () => {
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

  it('is stale after twice the downsampling interval', async () => {
    const trackHistory = await loaded(day)
    const last = 120 + 2 * samplingIntervalSeconds(day / 1000)
    expect([last - 1, last + 1].map((second) => stateAt(trackHistory, second))).to.deep.equal([
      'moving',
      'stale',
    ])
  })

  it('uses the configured limits in a short span and for a single vehicle', async () => {
    for (const trackHistory of [await loaded(quarterHour), await loaded(day, 'TEST-1')]) {
      expect([5, 20, 125, 131].map((second) => stateAt(trackHistory, second))).to.deep.equal([
        'moving',
        'stale',
        'moving',
        'stale',
      ])
    }
  })
})

describe('samplingIntervalSeconds', () => {
  it('keeps about 2,000 readings of each vehicle, and all of a short span', () => {
    expect([86_400, 2_000, 1].map(samplingIntervalSeconds)).to.deep.equal([43.2, 1, 0.05])
  })
})
