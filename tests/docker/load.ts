import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { readingJson } from '../support/http-client.ts'

export type SentReading = ReturnType<typeof readingJson> & { readonly sequence: number }

/** Number of senders for about 250 readings a second. Each has at most one request in flight, and sends for its vehicles in turn. */
const usualSenders = 4
/** Enough that every partition has vehicles. */
const vehiclesPerSender = 50
const pauseMs = 60
/** Readings per request, in turn. */
const batchSizes = [1, 1, 25, 8]
/** Request timeout, after which a vehicle sends the request again. */
const requestTimeoutMs = 5_000
/** Statuses after which a vehicle sends the request again. Any other error fails the test. */
const retriedStatuses = [502, 503, 504]

/** A reading's key in the format of the query `keysOfRows`. */
export const keyOf = ({ vin, timestamp, sequence }: SentReading): string =>
  `${vin}|${Date.parse(timestamp)}|${sequence}`

export const keysOfRows = (table: string): string =>
  `select vin, (extract(epoch from recorded_at) * 1000)::bigint, sequence from ${table}`

/** The keys of the readings that were sent to a platform, and of those that were acknowledged. */
export class Account {
  readonly sent = new Set<string>()
  readonly acknowledged = new Set<string>()
}

/**
 * Vehicles that send readings, single and in batches, by default about 250 a second. They send a request again
 * unchanged until it is acknowledged. They record sent and acknowledged readings in the account.
 */
export class Load implements AsyncDisposable {
  /** Number of responses other than 202, by status and title or by the error's name. */
  readonly refusals = new Map<string, number>()
  readonly #stop = new AbortController()
  readonly #senders: readonly Promise<void>[]
  readonly #since = performance.now()
  #acknowledgedAt = performance.now()
  #longestGapMs = 0
  #acknowledged = 0
  readonly #url: string
  readonly #account: Account
  #fault: Error | undefined

  constructor(
    { eventsUrl, account }: { eventsUrl: string; account: Account },
    senders = usualSenders,
  ) {
    this.#url = eventsUrl
    this.#account = account
    const prefix = `LOAD-${randomBytes(3).toString('hex')}`
    this.#senders = Array.from({ length: senders }, (_, index) =>
      this.#sendReadings(`${prefix}-${index}`).catch((error: unknown) => {
        this.#fault ??= error as Error
      }),
    )
  }

  /** The longest time in milliseconds without an acknowledgement. */
  get longestGapMs(): number {
    return Math.max(this.#longestGapMs, performance.now() - this.#acknowledgedAt)
  }

  /** Readings a second since the start, acknowledged so far. */
  get rate(): number {
    return this.#acknowledged / ((performance.now() - this.#since) / 1000)
  }

  /** Stops sending new readings, and waits until every sent reading is acknowledged. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#senders)
    if (this.#fault) throw this.#fault
  }

  /** Drops unacknowledged readings after a failed test. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#fault ??= new Error('given up')
    await this.stop().catch(() => undefined)
  }

  async #sendReadings(prefix: string): Promise<void> {
    let sequence = 0
    for (let round = 0; !this.#stop.signal.aborted; round += 1) {
      const size = batchSizes[round % batchSizes.length] ?? 1
      const readings = Array.from({ length: size }, () => ({
        ...readingJson(`${prefix}-${round % vehiclesPerSender}`),
        sequence: sequence++,
      }))
      await this.#sendUntilAcknowledged(readings)
      await wait(pauseMs)
    }
  }

  async #sendUntilAcknowledged(readings: readonly SentReading[]): Promise<void> {
    for (const reading of readings) this.#account.sent.add(keyOf(reading))
    const body = JSON.stringify(readings.length === 1 ? readings[0] : readings)
    while (!(await this.#isAccepted(body, readings.length))) {
      if (this.#fault) throw this.#fault
      await wait(pauseMs)
    }
    for (const reading of readings) this.#account.acknowledged.add(keyOf(reading))
    this.#noteAcknowledged(readings.length)
  }

  #noteAcknowledged(count: number): void {
    const now = performance.now()
    this.#longestGapMs = Math.max(this.#longestGapMs, now - this.#acknowledgedAt)
    this.#acknowledgedAt = now
    this.#acknowledged += count
  }

  async #isAccepted(body: string, count: number): Promise<boolean> {
    const answer = await this.#post(body)
    if (answer.status === 202) {
      const { accepted } = answer.body as { accepted?: number }
      if (accepted !== count) throw new Error(`${count} sent, ${accepted ?? 0} accepted`)
      return true
    }
    const { title = '' } = (answer.body ?? {}) as { title?: string }
    const refusal = `${answer.status} ${title}`.trimEnd()
    this.refusals.set(refusal, (this.refusals.get(refusal) ?? 0) + 1)
    if (typeof answer.status === 'string' || retriedStatuses.includes(answer.status)) return false
    throw new Error(`answered ${refusal}: ${JSON.stringify(answer.body)}`)
  }

  async #post(body: string): Promise<{ status: number | string; body?: unknown }> {
    const headers = { 'content-type': 'application/json' }
    const signal = AbortSignal.timeout(requestTimeoutMs)
    try {
      const response = await fetch(this.#url, { method: 'POST', headers, body, signal })
      return { status: response.status, body: await response.json() }
    } catch (error) {
      return { status: (error as Error).name }
    }
  }
}
