import type { Micros, Millis } from '../telemetry/time.ts'
import { toMicros } from '../telemetry/time.ts'

/** The source of time. Tests replace it to control time. */
export interface Clock {
  /** Microseconds since the Unix epoch; a whole number. */
  now(): Micros
  /** Microseconds of a monotonic clock, for waits. Setting the system time does not affect it. */
  elapsed(): Micros
  /** Calls `action` once, after `delayMs`. Returns a function that cancels the call. */
  after(delayMs: Millis, action: () => void): () => void
}

/** The part of `Clock` for code that reads the time of day and never waits. */
export type TimeOfDay = Pick<Clock, 'now'>

export const systemClock: Clock = {
  now: () => toMicros(Date.now()),
  elapsed: () => toMicros(performance.now()),
  after: (delayMs, action) => {
    const timer = setTimeout(action, delayMs)
    return () => {
      clearTimeout(timer)
    }
  },
}
