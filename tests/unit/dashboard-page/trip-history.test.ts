import { expect } from 'chai'
import { ApiError } from '../../../services/dashboard/page/api.ts'
import { TrackHistory } from '../../../services/dashboard/page/state/history/track-history.ts'
import type { FetchTrips } from '../../../services/dashboard/page/state/history/trip-history.ts'
import {
  TripHistory,
  tripsText,
} from '../../../services/dashboard/page/state/history/trip-history.ts'
import type { TripsAndStops } from '../../../services/dashboard/api/history.ts'
import { noon } from './vehicles.ts'

const span = { from: noon, to: noon + 60_000 }
const none: TripsAndStops = { trips: [], stops: [] }
const stood: TripsAndStops = {
  trips: [],
  stops: [{ from: '2026-11-21T12:00:00Z', to: '2026-11-21T12:01:00Z', at: [-122.42, 37.77] }],
}
const away = new ApiError(503, 'Away.')

describe('the trips of the past', () => {
  const noTracks = () => Promise.resolve({ tracks: [], isComplete: true })

  /** What has been said, sentence by sentence. */
  const listening = (trackHistory: TrackHistory, fetch: FetchTrips) => {
    const trips = new TripHistory(trackHistory, fetch)
    const said: string[] = []
    trips.on('loaded', () => {
      const sentence = tripsText(trips.state)
      if (sentence !== said.at(-1)) said.push(sentence)
    })
    return { trips, said }
  }

  it('are said to be none after an answer alone', async () => {
    const trackHistory = new TrackHistory(noTracks)
    const { said } = listening(trackHistory, () => Promise.resolve(none))
    await trackHistory.load(span, 'A')
    expect(said).to.deep.equal(['Loading …', 'No trips in this span.'])
  })

  it('are listed without a sentence', async () => {
    const trackHistory = new TrackHistory(noTracks)
    const { trips, said } = listening(trackHistory, () => Promise.resolve(stood))
    await trackHistory.load(span, 'A')
    expect(said).to.deep.equal(['Loading …', ''])
    expect(trips.state).to.deep.equal({ kind: 'loaded', ...stood })
  })

  it('are not asked for where the track could not be had, or is of the fleet', async () => {
    const asked: string[] = []
    const fetch: FetchTrips = (_, vin) => {
      asked.push(vin)
      return Promise.resolve(none)
    }
    const failing = new TrackHistory(() => Promise.reject(away))
    const { said } = listening(failing, fetch)
    await failing.load(span, 'A')
    expect(said).to.deep.equal(['Loading …', ''])
    const fleet = new TrackHistory(noTracks)
    expect(listening(fleet, fetch).said).to.deep.equal([])
    await fleet.load(span, undefined)
    expect(asked).to.deep.equal([])
  })

  it('say why they could not be had, and are asked for once more', async () => {
    const answers = [() => Promise.reject(away), () => Promise.resolve(stood)]
    const trackHistory = new TrackHistory(noTracks)
    const { trips, said } = listening(trackHistory, () => (answers.shift() ?? expect.fail)())
    await trackHistory.load(span, 'A')
    expect(trips.state).to.deep.equal({ kind: 'failed', reason: 'Away.', isRetryable: true })
    await trips.retry()
    await trips.retry()
    expect(said).to.deep.equal(['Loading …', 'Away.', ''])
  })

  it('are those of the vehicle that is looked at last', async () => {
    const answers = new Map<string, (answer: TripsAndStops) => void>()
    const trackHistory = new TrackHistory(noTracks)
    const { trips } = listening(
      trackHistory,
      (_, vin) => new Promise((resolve) => answers.set(vin, resolve)),
    )
    await trackHistory.load(span, 'FIRST')
    await trackHistory.load(span, 'SECOND')
    answers.get('SECOND')?.(stood)
    answers.get('FIRST')?.(none)
    await Promise.resolve()
    expect(trips.state).to.deep.equal({ kind: 'loaded', ...stood })
  })
})
