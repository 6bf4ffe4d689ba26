/** Milliseconds between two frames: at most, so that movement looks smooth, and at least. */
const intervalMs = { max: 66, min: 16 }
/** Pixels that an arrow may move from frame to frame. */
const maxStepPx = 1

/**
 * Asks for frames while something moves, as often as is needed to look smooth and no more: seen from
 * afar arrows creep, and a page that is open all day should leave the machine alone.
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
   * @param until milliseconds of the page's clock
   * @param pixelsPerSecond pixels a second of the fastest
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
