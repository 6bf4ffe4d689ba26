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
const answering =
  (...tracks: Track[]): FetchTracks =>
  () =>
    Promise.resolve({ tracks, isComplete: true })

describe('the past that is looked at', () => {
  it('begins when those that report together have reported', async () => {
    const trackHistory = new TrackHistory(
      answering(track('A', 3), track('B', 4), track('LATE', 50)),
    )
    await trackHistory.load(span, undefined)
    expect((trackHistory.time - noon) / 1000).to.equal(4)
    expect(trackHistory.trackOf('B')?.vin).to.equal('B')
  })

  it('begins where the URL says, within the span', async () => {
    const trackHistory = new TrackHistory(answering(track('A', 3)))
    await trackHistory.load(span, undefined, noon + 10_000)
    expect(trackHistory.time).to.equal(noon + 10_000)
    trackHistory.seek(noon + 99_000)
    expect(trackHistory.time).to.equal(span.to)
  })

  it('says why there is nothing', async () => {
    const trackHistory = new TrackHistory(() =>
      Promise.reject(new ApiError(503, 'The database is away.')),
    )
    await trackHistory.load(span, 'A')
    expect(trackHistory.state).to.deep.equal({
      kind: 'failed',
      reason: 'The database is away.',
      isRetryable: true,
    })
  })

  it('asks once more, and says what it did until there is an answer', async () => {
    let answers = 0
    const trackHistory = new TrackHistory((...wish) => {
      answers += 1
      if (answers === 1) return Promise.reject(new ApiError(503, 'Away.'))
      expect([trackHistory.state.kind, ...wish.slice(0, 2)]).to.deep.equal(['failed', span, 'A'])
      return answering(track('A', 3))(...wish)
    })
    await trackHistory.load(span, 'A', noon + 5_000)
    await trackHistory.retry()
    expect([trackHistory.state.kind, trackHistory.time]).to.deep.equal(['loaded', noon + 5_000])
    await trackHistory.retry()
    expect(answers).to.equal(2)
  })

  it('says where asking again is of no use', async () => {
    const trackHistory = new TrackHistory(() =>
      Promise.reject(new ApiError(400, 'The span is too long.')),
    )
    await trackHistory.load(span, 'A')
    expect(trackHistory.state).to.include({ kind: 'failed', isRetryable: false })
  })

  it('shows what was asked for last, whichever answer comes first', async () => {
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

describe('the player', () => {
  it('plays as fast as asked for, and stops at the end', async () => {
    const trackHistory = new TrackHistory(answering(track('A', 0)))
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

describe('the moment that is shown', () => {
  const playing = async () => {
    const session = aSession({ mode: 'history', span })
    const trackHistory = new TrackHistory(answering(track('A', 0)))
    const player = new Player(trackHistory, 10, () => undefined)
    const playhead = new Playhead(session, trackHistory, player)
    await trackHistory.load(span, undefined)
    player.play()
    playhead.step(50)
    expect(session.view.time).to.equal(noon + 50_000)
    return { session, trackHistory, player }
  }

  it('is not that of the span before when another is chosen while it plays', async () => {
    const { session, player } = await playing()
    session.updateView({ span: { from: noon - 7_200_000, to: noon - 3_600_000 }, time: undefined })
    expect([player.isPlaying, session.view.time]).to.deep.equal([false, undefined])
  })

  it('is there still when somebody comes back to the history', async () => {
    const { session, trackHistory, player } = await playing()
    trackHistory.seek(noon + 55_000)
    session.updateView({ mode: 'live' })
    expect([player.isPlaying, session.view.time]).to.deep.equal([false, noon + 55_000])
  })
})
