import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../../fleet/clock.ts'

type Alarm = { readonly due: number; readonly action: () => void }

/** A clock that a test turns by hand. */
export class ManualClock implements Clock {
  #now: number
  readonly #alarms = new Set<Alarm>()

  /** @param start microseconds since the Unix epoch */
  constructor(start = 1_800_000_000_000_000) {
    this.#now = start
  }

  now(): number {
    return this.#now
  }

  after(milliseconds: number, action: () => void): () => void {
    const alarm = { due: this.#now + milliseconds * 1000, action }
    this.#alarms.add(alarm)
    return () => this.#alarms.delete(alarm)
  }

  /** Lets time pass, alarm by alarm; what each sets in motion comes to rest before the next. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds * 1000
    await setImmediate()
    for (let alarm = this.#next(end); alarm !== undefined; alarm = this.#next(end)) {
      this.#alarms.delete(alarm)
      this.#now = alarm.due
      alarm.action()
      await setImmediate()
    }
    this.#now = end
  }

  #next(end: number): Alarm | undefined {
    return [...this.#alarms].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due)[0]
  }
}
