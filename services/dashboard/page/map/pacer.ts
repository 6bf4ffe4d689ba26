/** Milliseconds between two frames: at most, so that movement looks smooth, and at least. */
const interval = { most: 66, least: 16 }
/** Pixels that an arrow may move from frame to frame. */
const step = 1

/**
 * Asks for frames while something moves, as often as is needed to look smooth and no more: seen from
 * afar arrows creep, and a page that is open all day should leave the machine alone.
 */
export class Pacer {
  readonly #draw: () => void
  #until = 0
  #interval = interval.most
  #lastFrame = 0
  #isRunning = false

  constructor(draw: () => void) {
    this.#draw = draw
  }

  /**
   * @param until milliseconds of the page's clock
   * @param speed pixels a second of the fastest
   */
  runUntil(until: number, speed: number): void {
    this.#until = until
    this.#interval = Math.min(interval.most, Math.max(interval.least, (step / speed) * 1000))
    if (this.#isRunning) return
    this.#isRunning = true
    this.#next()
  }

  #next(): void {
    requestAnimationFrame((now) => {
      if (now - this.#lastFrame >= this.#interval - 4) {
        this.#lastFrame = now
        this.#draw()
      }
      if (now < this.#until) this.#next()
      else this.#isRunning = false
    })
  }
}
