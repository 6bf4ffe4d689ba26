import { expect } from 'chai'
import { ApiError } from '../../../services/dashboard/page/api.ts'
import type { FetchTracks } from '../../../services/dashboard/page/state/history/track-history.ts'
import { TrackHistory } from '../../../services/dashboard/page/state/history/track-history.ts'
import { Player } from '../../../services/dashboard/page/state/history/player.ts'
import { Playhead } from '../../../services/dashboard/page/state/history/playhead.ts'
import type { Track, TrackPoint } from '../../../services/dashboard/api/history.ts'
import { aSession, noon } from './vehicles.ts'

const span = { from: noon, to: noon + 60_000 }
const track = (vin: string, firstSecond: number): Track => {
  const points: TrackPoint[] = [[noon + firstSecond * 1000, 0, 0, 0, null]]
  return { vin, points }
}
const fetchReturning =
  (...tracks: Track[]): FetchTracks =>
  () =>
    Promise.resolve({ tracks, isComplete: true })

describe('TrackHistory', () => {
  it('starts when the vehicles that start together have all reported', async () => {
    const trackHistory = new TrackHistory(
      fetchReturning(track('A', 3), track('B', 4), track('LATE', 50)),
    )
    await trackHistory.load(span, undefined)
    expect((trackHistory.time - noon) / 1000).to.equal(4)
    expect(trackHistory.trackOf('B')?.vin).to.equal('B')
  })

  it('starts at the requested time, and limits the time to the span', async () => {
    const trackHistory = new TrackHistory(fetchReturning(track('A', 3)))
    await trackHistory.load(span, undefined, noon + 10_000)
    expect(trackHistory.time).to.equal(noon + 10_000)
    trackHistory.seek(noon + 99_000)
    expect(trackHistory.time).to.equal(span.to)
  })

  it('reports why a load failed', async () => {
    const trackHistory = new TrackHistory(() =>
      Promise.reject(new ApiError(503, 'The database is unavailable.')),
    )
    await trackHistory.load(span, 'A')
    expect(trackHistory.state).to.deep.equal({
      kind: 'failed',
      reason: 'The database is unavailable.',
      isRetryable: true,
    })
  })

  it('retries a failed load, and keeps the error until the response arrives', async () => {
    let requests = 0
    const trackHistory = new TrackHistory((...query) => {
      requests += 1
      if (requests === 1) return Promise.reject(new ApiError(503, 'Unavailable.'))
      expect([trackHistory.state.kind, ...query.slice(0, 2)]).to.deep.equal(['failed', span, 'A'])
      return fetchReturning(track('A', 3))(...query)
    })
    await trackHistory.load(span, 'A', noon + 5_000)
    await trackHistory.retry()
    expect([trackHistory.state.kind, trackHistory.time]).to.deep.equal(['loaded', noon + 5_000])
    await trackHistory.retry()
    expect(requests).to.equal(2)
  })

  it('marks a client error as not retryable', async () => {
    const trackHistory = new TrackHistory(() =>
      Promise.reject(new ApiError(400, 'The span is too long.')),
    )
    await trackHistory.load(span, 'A')
    expect(trackHistory.state).to.include({ kind: 'failed', isRetryable: false })
  })

  it('keeps the tracks of the last load when an earlier response arrives later', async () => {
    const answers: (() => void)[] = []
    const trackHistory = new TrackHistory((_, vin) => {
      return new Promise((resolve) => {
        answers.push(() => {
          resolve({ tracks: [track(vin ?? '', 1)], isComplete: true })
        })
      })
    })
    const both = [trackHistory.load(span, 'FIRST'), trackHistory.load(span, 'SECOND')]
    answers[1]?.()
    answers[0]?.()
    await Promise.all(both)
    expect(trackHistory.tracks.map(({ vin }) => vin)).to.deep.equal(['SECOND'])
  })
})

describe('Player', () => {
  it('plays at the chosen rate, stops at the end, and restarts from the start of the span', async () => {
    const trackHistory = new TrackHistory(fetchReturning(track('A', 0)))
    await trackHistory.load(span, undefined)
    let frame: ((now: number) => void) | undefined
    const player = new Player(trackHistory, 10, (draw) => (frame = draw))
    player.play()
    frame?.(0)
    frame?.(1000)
    expect(trackHistory.time - noon).to.equal(10_000)
    player.rate = 60
    frame?.(1500)
    expect(trackHistory.time - noon).to.equal(40_000)
    frame?.(9000)
    expect([trackHistory.time - noon, player.isPlaying]).to.deep.equal([60_000, false])
    player.toggle()
    expect([trackHistory.time - noon, player.isPlaying]).to.deep.equal([0, true])
  })
})

describe('Playhead', () => {
  const playing = async () => {
    const session = aSession({ mode: 'history', span })
    const trackHistory = new TrackHistory(fetchReturning(track('A', 0)))
    const player = new Player(trackHistory, 10, () => undefined)
    const playhead = new Playhead(session, trackHistory, player)
    await trackHistory.load(span, undefined)
    player.play()
    playhead.step(50)
    expect(session.view.time).to.equal(noon + 50_000)
    return { session, trackHistory, player }
  }

  it('discards the playback time when another span is chosen during playback', async () => {
    const { session, player } = await playing()
    session.updateView({ span: { from: noon - 7_200_000, to: noon - 3_600_000 }, time: undefined })
    expect([player.isPlaying, session.view.time]).to.deep.equal([false, undefined])
  })

  it('keeps the playback time when the user leaves the history', async () => {
    const { session, trackHistory, player } = await playing()
    trackHistory.seek(noon + 55_000)
    session.updateView({ mode: 'live' })
    expect([player.isPlaying, session.view.time]).to.deep.equal([false, noon + 55_000])
  })
})
