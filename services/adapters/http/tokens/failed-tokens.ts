import type { IncomingMessage } from 'node:http'
import { Counter } from 'prom-client'
import type { Registry } from 'prom-client'
import type { Logger } from '../../../runtime/logger.ts'
import { clientAddress } from '../proxy/client-address.ts'

/** Why a request was refused: values of the metric label `why`. */
type Why = 'missing' | 'wrong'

export type FailedTokensOptions = {
  readonly registry: Registry
  readonly logger: Logger
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number
}

const minuteMs = 60_000
/** Log lines a minute. Each is about another client. */
const maxLines = 10

/**
 * Counts requests whose token is missing or wrong, and logs them with the address of the client: at most
 * one line a minute for each client, and `maxLines` lines a minute in all.
 */
export class FailedTokens {
  readonly #counter: Counter<'why'>
  readonly #logger: Logger
  readonly #now: () => number
  readonly #loggedClients = new Set<string>()
  #minuteBegan = -Infinity
  /** Requests without a line since the last line. */
  #unlogged = 0

  constructor({ registry, logger, now = () => performance.now() }: FailedTokensOptions) {
    this.#logger = logger
    this.#now = now
    this.#counter = new Counter({
      name: 'telemetry_requests_without_valid_token_total',
      help: 'Requests whose token is missing or wrong, by reason.',
      labelNames: ['why'],
      registers: [registry],
    })
    // Start both reasons at 0, so that Prometheus sees the first one as an increase.
    for (const why of ['missing', 'wrong'] as const) this.#counter.inc({ why }, 0)
  }

  note(request: IncomingMessage, why: Why): void {
    this.#counter.inc({ why })
    const client = clientAddress(request)
    if (!this.#mayLog(client)) {
      this.#unlogged += 1
      return
    }
    this.#logger.warn({ client, why, unlogged: this.#unlogged }, 'token-refused')
    this.#unlogged = 0
  }

  #mayLog(client: string): boolean {
    const now = this.#now()
    if (now - this.#minuteBegan >= minuteMs) {
      this.#minuteBegan = now
      this.#loggedClients.clear()
    }
    if (this.#loggedClients.has(client) || this.#loggedClients.size >= maxLines) return false
    this.#loggedClients.add(client)
    return true
  }
}
