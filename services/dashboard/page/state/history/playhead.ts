import type { TrackHistory } from './track-history.ts'
import type { Player } from './player.ts'
import type { Session } from '../session.ts'

/** How often the playback time is written to the view during playback. */
const writeIntervalMs = 1_000

/** Moves the playback time, keeps it in the view, and applies the view's playback speed to the player. */
export class Playhead {
  readonly #session: Session
  readonly #trackHistory: TrackHistory
  /** Time of the last write, in milliseconds of `performance.now()`. */
  #writtenAt = 0

  constructor(session: Session, trackHistory: TrackHistory, player: Player) {
    this.#session = session
    this.#trackHistory = trackHistory
    session.on('view', ({ view, last }) => {
      player.rate = view.rate
      if (view.mode !== 'history' || view.span !== last.span) player.pause()
    })
    player.on('change', () => {
      this.#writeToView()
    })
    trackHistory.on('change', () => {
      if (player.isPlaying && performance.now() - this.#writtenAt > writeIntervalMs)
        this.#writeToView()
    })
  }

  /** @param time milliseconds since the Unix epoch */
  seek(time: number): void {
    this.#trackHistory.seek(time)
    this.#writeToView()
  }

  /** Moves forward, or back with a negative number. */
  step(seconds: number): void {
    this.seek(this.#trackHistory.time + seconds * 1000)
  }

  /** The view changes before its span is loaded; a time of the previous span must not be written. */
  #writeToView(): void {
    if (this.#trackHistory.span !== this.#session.view.span) return
    this.#writtenAt = performance.now()
    this.#session.updateView({ time: Math.round(this.#trackHistory.time / 1000) * 1000 })
  }
}
