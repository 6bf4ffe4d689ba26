/** The source of time. Tests replace it to control time. */
export interface Clock {
  /** Microseconds since the Unix epoch; a whole number. */
  now(): number
  /** Microseconds of a monotonic clock, for waits. Setting the system time does not affect it. */
  elapsed(): number
  /** Calls `action` once, after `delayMs`. Returns a function that cancels the call. */
  after(delayMs: number, action: () => void): () => void
}

/** The part of `Clock` for code that reads the time of day and never waits. */
export type TimeOfDay = Pick<Clock, 'now'>

export const systemClock: Clock = {
  now: () => Date.now() * 1000,
  elapsed: () => performance.now() * 1000,
  after: (delayMs, action) => {
    const timer = setTimeout(action, delayMs)
    return () => {
      clearTimeout(timer)
    }
  },
}
