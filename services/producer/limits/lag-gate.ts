/** A closed gate opens again when the lag is at or below this fraction of the limit. */
const reopenFraction = 0.8
/** A lag that is older than this is ignored. */
const maxLagAgeMs = 30_000

/**
 * Back-pressure: the gate closes when the consumers are too far behind. It opens when the lag has
 * been unknown for a while. The limit only prevents an endless backlog, and Kafka has room for some
 * time; so an unknown lag must not cause an outage.
 */
export class LagGate {
  readonly #limit: number
  #lag: number | undefined
  #updatedAt = 0
  #isClosed = false

  /** @param limit records; 0 means that the gate never closes */
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
    this.#isClosed = lag > (this.#isClosed ? this.#limit * reopenFraction : this.#limit)
  }

  /** @param now milliseconds of a monotonic clock */
  isClosed(now: number): boolean {
    return this.#isClosed && now - this.#updatedAt <= maxLagAgeMs
  }
}
