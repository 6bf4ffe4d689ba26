import { expect } from 'chai'
import { ApiError } from '../../../services/dashboard/page/api.ts'
import type { FetchTracks } from '../../../services/dashboard/page/state/history/past.ts'
import { Past } from '../../../services/dashboard/page/state/history/past.ts'
import { Player } from '../../../services/dashboard/page/state/history/player.ts'
import { ShownMoment } from '../../../services/dashboard/page/state/history/shown-moment.ts'
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
    Promise.resolve({ tracks, isWhole: true })

describe('the past that is looked at', () => {
  it('begins when those that report together have reported', async () => {
    const past = new Past(answering(track('A', 3), track('B', 4), track('LATE', 50)))
    await past.load(span, undefined)
    expect((past.time - noon) / 1000).to.equal(4)
    expect(past.trackOf('B')?.vin).to.equal('B')
  })

  it('begins where the URL says, within the span', async () => {
    const past = new Past(answering(track('A', 3)))
    await past.load(span, undefined, noon + 10_000)
    expect(past.time).to.equal(noon + 10_000)
    past.seek(noon + 99_000)
    expect(past.time).to.equal(span.to)
  })

  it('says why there is nothing', async () => {
    const past = new Past(() => Promise.reject(new ApiError(503, 'The database is away.')))
    await past.load(span, 'A')
    expect(past.state).to.deep.equal({
      kind: 'failed',
      why: 'The database is away.',
      mayPass: true,
    })
  })

  it('asks once more, and says what it did until there is an answer', async () => {
    let answers = 0
    const past = new Past((...wish) => {
      answers += 1
      if (answers === 1) return Promise.reject(new ApiError(503, 'Away.'))
      expect([past.state.kind, ...wish.slice(0, 2)]).to.deep.equal(['failed', span, 'A'])
      return answering(track('A', 3))(...wish)
    })
    await past.load(span, 'A', noon + 5_000)
    await past.retry()
    expect([past.state.kind, past.time]).to.deep.equal(['loaded', noon + 5_000])
    await past.retry()
    expect(answers).to.equal(2)
  })

  it('says where asking again is of no use', async () => {
    const past = new Past(() => Promise.reject(new ApiError(400, 'The span is too long.')))
    await past.load(span, 'A')
    expect(past.state).to.include({ kind: 'failed', mayPass: false })
  })

  it('shows what was asked for last, whichever answer comes first', async () => {
    const answers: (() => void)[] = []
    const past = new Past((_, vin) => {
      return new Promise((resolve) => {
        answers.push(() => {
          resolve({ tracks: [track(vin ?? '', 1)], isWhole: true })
        })
      })
    })
    const both = [past.load(span, 'FIRST'), past.load(span, 'SECOND')]
    answers[1]?.()
    answers[0]?.()
    await Promise.all(both)
    expect(past.tracks.map(({ vin }) => vin)).to.deep.equal(['SECOND'])
  })
})

describe('the player', () => {
  it('plays as fast as asked for, and stops at the end', async () => {
    const past = new Past(answering(track('A', 0)))
    await past.load(span, undefined)
    let frame: ((now: number) => void) | undefined
    const player = new Player(past, 10, (draw) => (frame = draw))
    player.play()
    frame?.(0)
    frame?.(1000)
    expect(past.time - noon).to.equal(10_000)
    player.rate = 60
    frame?.(1500)
    expect(past.time - noon).to.equal(40_000)
    frame?.(9000)
    expect([past.time - noon, player.isPlaying]).to.deep.equal([60_000, false])
    player.toggle()
    expect([past.time - noon, player.isPlaying]).to.deep.equal([0, true])
  })
})

describe('the moment that is shown', () => {
  const playing = async () => {
    const session = aSession({ mode: 'history', span })
    const past = new Past(answering(track('A', 0)))
    const player = new Player(past, 10, () => undefined)
    const moment = new ShownMoment(session, past, player)
    await past.load(span, undefined)
    player.play()
    moment.step(50)
    expect(session.view.time).to.equal(noon + 50_000)
    return { session, past, player }
  }

  it('is not that of the span before when another is chosen while it plays', async () => {
    const { session, player } = await playing()
    session.look({ span: { from: noon - 7_200_000, to: noon - 3_600_000 }, time: undefined })
    expect([player.isPlaying, session.view.time]).to.deep.equal([false, undefined])
  })

  it('is there still when somebody comes back to the history', async () => {
    const { session, past, player } = await playing()
    past.seek(noon + 55_000)
    session.look({ mode: 'live' })
    expect([player.isPlaying, session.view.time]).to.deep.equal([false, noon + 55_000])
  })
})
