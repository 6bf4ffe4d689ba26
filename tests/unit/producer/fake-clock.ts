/** What the clocks and `setInterval` are while a test turns them by hand. */
export class FakeClock {
  readonly #original = { setInterval, clearInterval }
  readonly #originalNow = Date.now
  readonly #ticks = new Set<() => void>()
  #timeOfDay = 1_769_860_800_000
  #steady = 5_000

  constructor() {
    Date.now = () => this.#timeOfDay
    performance.now = () => this.#steady
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
    this.#timeOfDay += milliseconds
    this.#steady += milliseconds
    for (const tick of this.#ticks) tick()
  }

  /** Sets the time of day back, as a machine does whose clock was wrong. */
  setBack(milliseconds: number): void {
    this.#timeOfDay -= milliseconds
  }

  restore(): void {
    Date.now = this.#originalNow
    // The one of the prototype is there again.
    Reflect.deleteProperty(performance, 'now')
    Object.assign(globalThis, this.#original)
  }
}
