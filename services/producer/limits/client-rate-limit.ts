import { clientKey } from '../../adapters/http/limits/client-key.ts'

/**
 * A client's token bucket. One token is one reading; negative after a batch larger than the bucket.
 */
type Bucket = { readonly tokens: number; readonly updatedAt: number }

/** Clients that are tracked at the same time, the most recent ones; about 10 MB. */
const maxTrackedClients = 50_000

/**
 * Limits the readings per second of each client: one token bucket per client, with room for one
 * second. A request is accepted as a whole while the bucket has at least one token. The client then
 * waits until the excess is refilled. So a batch can be larger than one second allows, and the
 * average rate still holds.
 */
export class ClientRateLimit {
  readonly #readingsPerSecond: number
  readonly #maxTracked: number
  /** By client; the client that sent last is last. */
  readonly #buckets = new Map<string, Bucket>()

  /** @param readingsPerSecond for each client; 0 means no limit */
  constructor(readingsPerSecond: number, maxTracked = maxTrackedClients) {
    this.#readingsPerSecond = readingsPerSecond
    this.#maxTracked = maxTracked
  }

  /** The number of tracked clients. */
  get size(): number {
    return this.#buckets.size
  }

  /**
   * Seconds until the client may send again; 0 if it may send now.
   *
   * @param client its IP address
   * @param now milliseconds of a monotonic clock
   */
  secondsUntilAllowed(client: string, now: number): number {
    return this.#readingsPerSecond === 0
      ? 0
      : this.#secondsUntilToken(this.#tokens(clientKey(client), now))
  }

  /**
   * Consumes one token per reading and returns 0. If the client has to wait, consumes nothing and
   * returns the seconds as `secondsUntilAllowed` does.
   */
  consume(client: string, readings: number, now: number): number {
    if (this.#readingsPerSecond === 0) return 0
    const key = clientKey(client)
    const tokens = this.#tokens(key, now)
    if (tokens < 1) return this.#secondsUntilToken(tokens)
    this.#buckets.delete(key)
    this.#buckets.set(key, { tokens: tokens - readings, updatedAt: now })
    const [oldest] = this.#buckets.keys()
    if (this.#buckets.size > this.#maxTracked && oldest !== undefined) {
      this.#buckets.delete(oldest)
    }
    return 0
  }

  #tokens(key: string, now: number): number {
    const bucket = this.#buckets.get(key)
    if (bucket === undefined) return this.#readingsPerSecond
    const refilled = ((now - bucket.updatedAt) / 1_000) * this.#readingsPerSecond
    return Math.min(bucket.tokens + refilled, this.#readingsPerSecond)
  }

  #secondsUntilToken(tokens: number): number {
    return tokens >= 1 ? 0 : Math.ceil((1 - tokens) / this.#readingsPerSecond)
  }
}
