import type { Past } from './past.ts'
import type { Player } from './player.ts'
import type { Session } from '../session.ts'

/** Milliseconds between two writings of the moment into the URL while it plays. */
const writeEvery = 1_000

/** Keeps in the view which moment of the past is shown, and plays as the view says. */
export class ShownMoment {
  readonly #session: Session
  readonly #past: Past
  /** When it was last written, in milliseconds of the page's clock. */
  #written = 0

  constructor(session: Session, past: Past, player: Player) {
    this.#session = session
    this.#past = past
    session.on('view', ({ view, last }) => {
      player.rate = view.rate
      if (view.mode !== 'history' || view.span !== last.span) player.pause()
    })
    player.on('change', () => {
      this.#write()
    })
    past.on('change', () => {
      if (player.isPlaying && performance.now() - this.#written > writeEvery) this.#write()
    })
  }

  /** @param time milliseconds since the Unix epoch */
  seek(time: number): void {
    this.#past.seek(time)
    this.#write()
  }

  /** Goes on or back by seconds of the past. */
  step(seconds: number): void {
    this.seek(this.#past.time + seconds * 1000)
  }

  /** A moment of one span says nothing of another, which is looked at before it is loaded. */
  #write(): void {
    if (this.#past.span !== this.#session.view.span) return
    this.#written = performance.now()
    this.#session.look({ time: Math.round(this.#past.time / 1000) * 1000 })
  }
}
