/** The source of time. A test passes its own, so that it controls time. */
export interface Clock {
  /** Microseconds since the Unix epoch; a whole number. */
  now(): number
  /**
   * Microseconds of the monotonic clock: use it for waits; setting the system time does not change
   * it.
   */
  elapsed(): number
  /** Calls `action` once, after `delayMs`. Returns a function that cancels the call. */
  after(delayMs: number, action: () => void): () => void
}

/** What code needs that reads the time of day but never waits. */
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
