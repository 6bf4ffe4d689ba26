/** Of the limit; below it a gate that has closed opens again. */
const reopensAt = 0.8
/** Milliseconds for which the last known lag counts while it cannot be asked. */
const trustedFor = 30_000

/**
 * Closes when the consumers are too far behind. Where nobody can say for a while how far they are,
 * it is open: what it guards against is a backlog without end, and Kafka has room for a while; a
 * lag that cannot be asked must not become an outage of its own.
 */
export class LagGate {
  readonly #limit: number
  #lag: number | undefined
  #asOf = 0
  #isClosed = false

  /** @param limit records; 0 for a gate that never closes */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** Records in the log that the consumers have not said to be stored; undefined before the first answer. */
  get lag(): number | undefined {
    return this.#lag
  }

  /** @param now milliseconds of a clock that nobody sets */
  update(lag: number, now: number): void {
    this.#lag = lag
    this.#asOf = now
    if (this.#limit === 0) return
    this.#isClosed = lag > (this.#isClosed ? this.#limit * reopensAt : this.#limit)
  }

  isClosed(now: number): boolean {
    return this.#isClosed && now - this.#asOf <= trustedFor
  }
}
