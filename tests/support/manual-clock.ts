import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../../services/runtime/clock.ts'

type Alarm = { readonly due: number; readonly action: () => void }

/** Milliseconds: more are one for a timer of Node. */
const longestTimer = 2 ** 31 - 1

/** A clock that a test turns by hand. */
export class ManualClock implements Clock {
  #elapsed = 0
  #start: number
  readonly #alarms = new Set<Alarm>()

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

  /** As somebody sets a clock: what waits goes on waiting as long. */
  setBack(milliseconds: number): void {
    this.#start -= milliseconds * 1000
  }

  after(milliseconds: number, action: () => void): () => void {
    if (milliseconds > longestTimer) throw new Error(`no timer takes ${milliseconds} ms`)
    const alarm = { due: this.#elapsed + milliseconds * 1000, action }
    this.#alarms.add(alarm)
    return () => this.#alarms.delete(alarm)
  }

  /** Lets time pass, alarm by alarm; what each sets in motion comes to rest before the next. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#elapsed + milliseconds * 1000
    await setImmediate()
    for (let alarm = this.#next(end); alarm !== undefined; alarm = this.#next(end)) {
      this.#alarms.delete(alarm)
      this.#elapsed = alarm.due
      alarm.action()
      await setImmediate()
    }
    this.#elapsed = end
  }

  #next(end: number): Alarm | undefined {
    return [...this.#alarms].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due)[0]
  }
}
