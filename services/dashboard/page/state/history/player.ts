import { Emitter } from '../emitter.ts'
import type { TrackHistory } from './track-history.ts'

/** Plays a past span at a multiple of real time. */
export class Player extends Emitter<{ change: undefined }> {
  readonly #trackHistory: TrackHistory
  readonly #onFrame: (draw: (now: number) => void) => void
  rate: number
  #isPlaying = false
  #lastFrame: number | undefined

  /** @param onFrame calls back once, in the next frame, with milliseconds of `performance.now()` */
  constructor(
    trackHistory: TrackHistory,
    rate: number,
    onFrame: (draw: (now: number) => void) => void,
  ) {
    super()
    this.#trackHistory = trackHistory
    this.rate = rate
    this.#onFrame = onFrame
  }

  get isPlaying(): boolean {
    return this.#isPlaying
  }

  /** Plays; at the end of the span, from the start again. */
  play(): void {
    const { span, time } = this.#trackHistory
    if (!span || this.#isPlaying) return
    if (time >= span.to) this.#trackHistory.seek(span.from)
    this.#isPlaying = true
    this.#lastFrame = undefined
    this.emit('change', undefined)
    this.#requestFrame()
  }

  pause(): void {
    if (!this.#isPlaying) return
    this.#isPlaying = false
    this.emit('change', undefined)
  }

  toggle(): void {
    if (this.#isPlaying) this.pause()
    else this.play()
  }

  #requestFrame(): void {
    this.#onFrame((now) => {
      if (!this.#isPlaying) return
      const elapsedMs = this.#lastFrame === undefined ? 0 : now - this.#lastFrame
      this.#lastFrame = now
      this.#trackHistory.seek(this.#trackHistory.time + elapsedMs * this.rate)
      if (this.#trackHistory.time >= (this.#trackHistory.span?.to ?? 0)) this.pause()
      else this.#requestFrame()
    })
  }
}
