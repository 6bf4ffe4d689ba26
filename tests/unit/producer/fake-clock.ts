/** Replaces the clocks and `setInterval` until `restore`. The test advances the time. */
export class FakeClock {
  readonly #original = { setInterval, clearInterval }
  readonly #originalNow = Date.now
  readonly #ticks = new Set<() => void>()
  #timeOfDayMs = 1_769_860_800_000
  #monotonicMs = 5_000

  constructor() {
    Date.now = () => this.#timeOfDayMs
    performance.now = () => this.#monotonicMs
    const start = (tick: () => void) => {
      this.#ticks.add(tick)
      return tick
    }
    const stop = (tick: (() => void) | undefined) => tick && this.#ticks.delete(tick)
    Object.assign(globalThis, { setInterval: start, clearInterval: stop })
  }

  /** Whether an interval is running. */
  get isTicking(): boolean {
    return this.#ticks.size > 0
  }

  advance(milliseconds: number): void {
    this.#timeOfDayMs += milliseconds
    this.#monotonicMs += milliseconds
    for (const tick of this.#ticks) tick()
  }

  /**
   * Sets the time of day back, as a correction of a wrong clock does. The monotonic clock
   * continues.
   */
  setBack(milliseconds: number): void {
    this.#timeOfDayMs -= milliseconds
  }

  restore(): void {
    Date.now = this.#originalNow
    // This makes the method of the prototype visible again.
    Reflect.deleteProperty(performance, 'now')
    Object.assign(globalThis, this.#original)
  }
}
