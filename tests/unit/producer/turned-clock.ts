/** What `Date.now` and `setInterval` are while a test turns the clock by hand. */
export class TurnedClock {
  readonly #original = { now: Date.now, setInterval, clearInterval }
  readonly #ticks = new Set<() => void>()
  #now = 1_769_860_800_000

  constructor() {
    Date.now = () => this.#now
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
    this.#now += milliseconds
    for (const tick of this.#ticks) tick()
  }

  restore(): void {
    const { now, ...timers } = this.#original
    Date.now = now
    Object.assign(globalThis, timers)
  }
}
