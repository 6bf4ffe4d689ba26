import { expect } from 'chai'
import { ApiError } from '../../../services/dashboard/page/api.ts'
import { TrackHistory } from '../../../services/dashboard/page/state/history/track-history.ts'
import type { FetchTrips } from '../../../services/dashboard/page/state/history/trip-history.ts'
import {
  TripHistory,
  cutText,
  tripsText,
} from '../../../services/dashboard/page/state/history/trip-history.ts'
import type { TripsAndStops } from '../../../services/dashboard/api/history.ts'
import { noon } from './vehicles.ts'

const span = { from: noon, to: noon + 60_000 }
const none: TripsAndStops = { trips: [], stops: [] }
const tripsAndStop: TripsAndStops = {
  trips: [],
  stops: [
    {
      from: '2026-11-21T12:00:00Z',
      to: '2026-11-21T12:01:00Z',
      at: [-122.42, 37.77],
      beganBefore: false,
      endsAfter: false,
    },
  ],
}
const unavailable = new ApiError(503, 'Unavailable.')

describe('cutText', () => {
  it('tells which ends of a trip or a stop are outside the time span', () => {
    const texts = [
      { beganBefore: false, endsAfter: false },
      { beganBefore: true, endsAfter: false },
      { beganBefore: false, endsAfter: true },
      { beganBefore: true, endsAfter: true },
    ].map(cutText)
    expect(texts).to.deep.equal([
      '',
      'began before this time span',
      'goes on after this time span',
      'began before and goes on after this time span',
    ])
  })
})

describe('TripHistory', () => {
  const noTracks = () => Promise.resolve({ tracks: [], isComplete: true })

  /** Collects the texts that the panel would show, in order. */
  const collectTexts = (trackHistory: TrackHistory, fetch: FetchTrips) => {
    const trips = new TripHistory(trackHistory, fetch)
    const texts: string[] = []
    trips.on('loaded', () => {
      const text = tripsText(trips.state)
      if (text !== texts.at(-1)) texts.push(text)
    })
    return { trips, texts }
  }

  it('reports that there are no trips only after the response', async () => {
    const trackHistory = new TrackHistory(noTracks)
    const { texts } = collectTexts(trackHistory, () => Promise.resolve(none))
    await trackHistory.load(span, 'A')
    expect(texts).to.deep.equal(['Loading …', 'No trips or stops in this time span.'])
  })

  it('shows no text when there are stops', async () => {
    const trackHistory = new TrackHistory(noTracks)
    const { trips, texts } = collectTexts(trackHistory, () => Promise.resolve(tripsAndStop))
    await trackHistory.load(span, 'A')
    expect(texts).to.deep.equal(['Loading …', ''])
    expect(trips.state).to.deep.equal({ kind: 'loaded', ...tripsAndStop })
  })

  it('does not request trips after a failed track or for the whole fleet', async () => {
    const requestedVins: string[] = []
    const fetch: FetchTrips = (_, vin) => {
      requestedVins.push(vin)
      return Promise.resolve(none)
    }
    const failing = new TrackHistory(() => Promise.reject(unavailable))
    const { texts } = collectTexts(failing, fetch)
    await failing.load(span, 'A')
    expect(texts).to.deep.equal(['Loading …', ''])
    const fleet = new TrackHistory(noTracks)
    expect(collectTexts(fleet, fetch).texts).to.deep.equal([])
    await fleet.load(span, undefined)
    expect(requestedVins).to.deep.equal([])
  })

  it('reports why a request failed, and retries it', async () => {
    const answers = [() => Promise.reject(unavailable), () => Promise.resolve(tripsAndStop)]
    const trackHistory = new TrackHistory(noTracks)
    const { trips, texts } = collectTexts(trackHistory, () => (answers.shift() ?? expect.fail)())
    await trackHistory.load(span, 'A')
    expect(trips.state).to.deep.equal({ kind: 'failed', reason: 'Unavailable.', isRetryable: true })
    await trips.retry()
    await trips.retry()
    expect(texts).to.deep.equal(['Loading …', 'Unavailable.', ''])
  })

  it('keeps the trips of the vehicle selected last when an earlier response arrives late', async () => {
    const answers = new Map<string, (answer: TripsAndStops) => void>()
    const trackHistory = new TrackHistory(noTracks)
    const { trips } = collectTexts(
      trackHistory,
      (_, vin) => new Promise((resolve) => answers.set(vin, resolve)),
    )
    await trackHistory.load(span, 'FIRST')
    await trackHistory.load(span, 'SECOND')
    answers.get('SECOND')?.(tripsAndStop)
    answers.get('FIRST')?.(none)
    await Promise.resolve()
    expect(trips.state).to.deep.equal({ kind: 'loaded', ...tripsAndStop })
  })
})
