/** Limits of the time between two frames; `max` keeps movement smooth. */
const intervalMs = { max: 66, min: 16 }
/** The largest movement of an arrow between two frames. */
const maxStepPx = 1

/**
 * Requests frames while arrows move, only as often as smooth movement needs. At a low zoom level arrows
 * move slowly, so fewer frames save CPU on a page that is open all day.
 */
export class FrameScheduler {
  readonly #draw: () => void
  #until = 0
  #intervalMs = intervalMs.max
  #lastFrame = 0
  #isRunning = false

  constructor(draw: () => void) {
    this.#draw = draw
  }

  /**
   * @param until milliseconds of `performance.now()`
   * @param pixelsPerSecond speed of the fastest arrow
   */
  runUntil(until: number, pixelsPerSecond: number): void {
    this.#until = until
    this.#intervalMs = Math.min(
      intervalMs.max,
      Math.max(intervalMs.min, (maxStepPx / pixelsPerSecond) * 1000),
    )
    if (this.#isRunning) return
    this.#isRunning = true
    this.#requestFrame()
  }

  #requestFrame(): void {
    requestAnimationFrame((now) => {
      if (now - this.#lastFrame >= this.#intervalMs - 4) {
        this.#lastFrame = now
        this.#draw()
      }
      if (now < this.#until) this.#requestFrame()
      else this.#isRunning = false
    })
  }
}
