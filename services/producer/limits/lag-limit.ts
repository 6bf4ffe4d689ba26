/** Readings are accepted again when the lag is at or below this fraction of the limit. */
const resumeFraction = 0.8
/** A lag that is older than this is ignored. */
const maxLagAgeMs = 30_000

/**
 * Back-pressure: POST is answered 503 while the consumers are too far behind. If the lag has been
 * unknown for `maxLagAgeMs`, readings are accepted: the limit only prevents an endless backlog, Kafka
 * has room for some time, and an unknown lag must not cause an outage.
 */
export class LagLimit {
  readonly #limit: number
  #lag: number | undefined
  #updatedAt = 0
  #isReached = false

  /** @param limit records; 0 means no limit */
  constructor(limit: number) {
    this.#limit = limit
  }

  /**
   * Records above the offsets that the consumers have committed; undefined before the first update.
   */
  get lag(): number | undefined {
    return this.#lag
  }

  /** @param now milliseconds of a monotonic clock */
  update(lag: number, now: number): void {
    this.#lag = lag
    this.#updatedAt = now
    if (this.#limit === 0) return
    this.#isReached = lag > (this.#isReached ? this.#limit * resumeFraction : this.#limit)
  }

  /** @param now milliseconds of a monotonic clock */
  isReached(now: number): boolean {
    return this.#isReached && now - this.#updatedAt <= maxLagAgeMs
  }
}
