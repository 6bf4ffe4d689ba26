/** Time as a port, so that a test turns it by hand. */
export interface Clock {
  /** Microseconds since the Unix epoch; whole. */
  now(): number
  /** Microseconds since some beginning, which nobody sets back or forward: for waits. */
  elapsed(): number
  /** Calls `action` once, after `milliseconds`; gives back how to call it off. */
  after(milliseconds: number, action: () => void): () => void
}

export const systemClock: Clock = {
  now: () => Date.now() * 1000,
  elapsed: () => performance.now() * 1000,
  after: (milliseconds, action) => {
    const timer = setTimeout(action, milliseconds)
    return () => {
      clearTimeout(timer)
    }
  },
}
