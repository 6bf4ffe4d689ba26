import type { TrackHistory } from './track-history.ts'
import type { Player } from './player.ts'
import type { Session } from '../session.ts'

/** Milliseconds between two writings of the moment into the URL while it plays. */
const writeIntervalMs = 1_000

/** Keeps in the view which moment of the past is shown, and plays as the view says. */
export class Playhead {
  readonly #session: Session
  readonly #past: TrackHistory
  /** When it was last written, in milliseconds of the page's clock. */
  #writtenAt = 0

  constructor(session: Session, past: TrackHistory, player: Player) {
    this.#session = session
    this.#past = past
    session.on('view', ({ view, last }) => {
      player.rate = view.rate
      if (view.mode !== 'history' || view.span !== last.span) player.pause()
    })
    player.on('change', () => {
      this.#writeToView()
    })
    past.on('change', () => {
      if (player.isPlaying && performance.now() - this.#writtenAt > writeIntervalMs)
        this.#writeToView()
    })
  }

  /** @param time milliseconds since the Unix epoch */
  seek(time: number): void {
    this.#past.seek(time)
    this.#writeToView()
  }

  /** Goes on or back by seconds of the past. */
  step(seconds: number): void {
    this.seek(this.#past.time + seconds * 1000)
  }

  /** A moment of one span says nothing of another, which is looked at before it is loaded. */
  #writeToView(): void {
    if (this.#past.span !== this.#session.view.span) return
    this.#writtenAt = performance.now()
    this.#session.updateView({ time: Math.round(this.#past.time / 1000) * 1000 })
  }
}
