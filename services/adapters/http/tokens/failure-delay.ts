import type { IncomingMessage } from 'node:http'
import { sleep } from '../../../runtime/retry.ts'
import type { Problem } from '../problem.ts'
import { clientKey } from '../limits/client-key.ts'
import { clientAddress } from '../proxy/client-address.ts'

/** Failures of a client in a minute that are answered at once: a user who types a token, a fleet with an old one. */
const freeFailures = 10
const delayMs = 500
/** Answers that wait at the same time, because each of them needs memory. Further requests get `tooManyFailures`. */
const maxWaiting = 200
const maxClients = 10_000
const minuteMs = 60_000

/**
 * The connection is closed, so that a client cannot send its next attempt at once; behind HAProxy, which keeps the
 * connection of the client, it can. 503, because some apps drop a request that is answered 4xx.
 */
export const tooManyFailures: Problem = {
  status: 503,
  title: 'Too many wrong tokens',
  detail:
    'Too many requests with a missing or wrong token are waiting for their answers. Check the token, and send the request again later.',
  headers: { 'retry-after': '5', connection: 'close' },
}

export type FailureDelayOptions = {
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number
  readonly wait?: (ms: number) => Promise<void>
}

/** Delays the answers to a client that sends many missing or wrong tokens. */
export class FailureDelay {
  readonly #now: () => number
  readonly #wait: (ms: number) => Promise<void>
  readonly #failures = new Map<string, number>()
  #minuteBegan = -Infinity
  #waiting = 0

  constructor({ now = () => performance.now(), wait = sleep }: FailureDelayOptions = {}) {
    this.#now = now
    this.#wait = wait
  }

  /**
   * Resolves when the failed request may be answered.
   *
   * @returns the answer instead of the usual one, if there is one
   */
  async afterFailure(request: IncomingMessage): Promise<Problem | undefined> {
    if (this.#count(clientKey(clientAddress(request))) <= freeFailures) return undefined
    if (this.#waiting >= maxWaiting) return tooManyFailures
    this.#waiting += 1
    try {
      await this.#wait(delayMs)
      return undefined
    } finally {
      this.#waiting -= 1
    }
  }

  /** The failures of the client in this minute. Clients beyond the limit share a count. */
  #count(client: string): number {
    const now = this.#now()
    if (now - this.#minuteBegan >= minuteMs) {
      this.#minuteBegan = now
      this.#failures.clear()
    }
    const isCounted = this.#failures.has(client) || this.#failures.size < maxClients
    const key = isCounted ? client : 'others'
    const failures = (this.#failures.get(key) ?? 0) + 1
    this.#failures.set(key, failures)
    return failures
  }
}
