import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../../services/runtime/clock.ts'

type Timer = { readonly due: number; readonly action: () => void }

/** The longest timeout of a Node.js timer. Node.js treats a longer one as 1 ms. */
const maxTimeoutMs = 2 ** 31 - 1

/** A clock that a test advances. */
export class ManualClock implements Clock {
  #elapsed = 0
  #start: number
  readonly #timers = new Set<Timer>()

  /** @param start microseconds since the Unix epoch */
  constructor(start = 1_800_000_000_000_000) {
    this.#start = start
  }

  now(): number {
    return this.#start + this.#elapsed
  }

  elapsed(): number {
    return this.#elapsed
  }

  /** Sets the time of day back. Running timers are not affected. */
  setBack(milliseconds: number): void {
    this.#start -= milliseconds * 1000
  }

  after(milliseconds: number, action: () => void): () => void {
    if (milliseconds > maxTimeoutMs)
      throw new Error(`${milliseconds} ms is too long for a Node.js timer`)
    const timer = { due: this.#elapsed + milliseconds * 1000, action }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /**
   * Advances the time, timer by timer. Waits after each one until its immediate effects are done.
   */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#elapsed + milliseconds * 1000
    await setImmediate()
    for (let timer = this.#next(end); timer !== undefined; timer = this.#next(end)) {
      this.#timers.delete(timer)
      this.#elapsed = timer.due
      timer.action()
      await setImmediate()
    }
    this.#elapsed = end
  }

  #next(end: number): Timer | undefined {
    return [...this.#timers].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due)[0]
  }
}
