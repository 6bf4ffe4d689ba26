import type { IncomingMessage } from 'node:http'
import { sleep } from '../../../runtime/retry.ts'
import { clientKey } from '../limits/client-key.ts'
import { clientAddress } from '../proxy/client-address.ts'

/** Failures of a client in a minute that are answered at once: a user who types a token, a fleet with an old one. */
const freeFailures = 10
const delayMs = 500
/** Answers that wait at the same time. More are not delayed, so that they need no memory. */
const maxWaiting = 200
const maxClients = 10_000
const minuteMs = 60_000

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

  /** Resolves when the failed request may be answered. */
  async afterFailure(request: IncomingMessage): Promise<void> {
    if (this.#count(clientKey(clientAddress(request))) <= freeFailures) return
    if (this.#waiting >= maxWaiting) return
    this.#waiting += 1
    try {
      await this.#wait(delayMs)
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
