import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { readingJson } from '../support/http-client.ts'

export type SentReading = ReturnType<typeof readingJson> & { readonly sequence: number }

/** Lines with one request under way at most, each for the vehicles of a fleet in turn. */
const lines = 4
/** So many that every partition has some. */
const vehiclesOfLine = 50
const pauseMilliseconds = 60
const sizes = [1, 1, 25, 8]
/** Request timeout, after which a vehicle sends the request again. */
const patienceMilliseconds = 5_000
/** Answers upon which a vehicle sends the same again; any other is a fault of the test or the platform. */
const passing = [502, 503, 504]

/** A reading's key, as `keysOfRows` asks the database for it. */
export const keyOf = ({ vin, timestamp, sequence }: SentReading): string =>
  `${vin}|${Date.parse(timestamp)}|${sequence}`

export const keysOfRows = (table: string): string =>
  `select vin, (extract(epoch from recorded_at) * 1000)::bigint, sequence from ${table}`

/** What was sent to a platform, and what of it was acknowledged, by the readings' keys. */
export class Account {
  readonly sent = new Set<string>()
  readonly acknowledged = new Set<string>()
}

/**
 * Vehicles that report about 250 readings a second, single and in batches, and send again unchanged
 * what was not acknowledged. The platform's account is kept here, by its clients.
 */
export class Load implements AsyncDisposable {
  /** What else was answered than 202, and how often: by status, or by the error's name. */
  readonly refusals = new Map<string, number>()
  readonly #stop = new AbortController()
  readonly #lines: readonly Promise<void>[]
  readonly #url: string
  readonly #account: Account
  #fault: Error | undefined

  constructor({ eventsUrl, account }: { eventsUrl: string; account: Account }) {
    this.#url = eventsUrl
    this.#account = account
    const prefix = `LOAD-${randomBytes(3).toString('hex')}`
    this.#lines = Array.from({ length: lines }, (_, index) =>
      this.#drive(`${prefix}-${index}`).catch((error: unknown) => {
        this.#fault ??= error as Error
      }),
    )
  }

  /** Ends when every reading that was sent is acknowledged. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#lines)
    if (this.#fault) throw this.#fault
  }

  /** Drops unacknowledged readings after a failed test. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#fault ??= new Error('given up')
    await this.stop().catch(() => undefined)
  }

  async #drive(prefix: string): Promise<void> {
    let sequence = 0
    for (let round = 0; !this.#stop.signal.aborted; round += 1) {
      const size = sizes[round % sizes.length] ?? 1
      const readings = Array.from({ length: size }, () => ({
        ...readingJson(`${prefix}-${round % vehiclesOfLine}`),
        sequence: sequence++,
      }))
      await this.#report(readings)
      await wait(pauseMilliseconds)
    }
  }

  async #report(readings: readonly SentReading[]): Promise<void> {
    for (const reading of readings) this.#account.sent.add(keyOf(reading))
    const body = JSON.stringify(readings.length === 1 ? readings[0] : readings)
    while (!(await this.#isAccepted(body, readings.length))) {
      if (this.#fault) throw this.#fault
      await wait(pauseMilliseconds)
    }
    for (const reading of readings) this.#account.acknowledged.add(keyOf(reading))
  }

  async #isAccepted(body: string, count: number): Promise<boolean> {
    const answer = await this.#post(body)
    if (answer.status === 202) {
      const { accepted } = answer.body as { accepted?: number }
      if (accepted !== count) throw new Error(`${count} sent, ${accepted ?? 0} accepted`)
      return true
    }
    const refusal = String(answer.status)
    this.refusals.set(refusal, (this.refusals.get(refusal) ?? 0) + 1)
    if (typeof answer.status === 'string' || passing.includes(answer.status)) return false
    throw new Error(`answered ${refusal}: ${JSON.stringify(answer.body)}`)
  }

  async #post(body: string): Promise<{ status: number | string; body?: unknown }> {
    const headers = { 'content-type': 'application/json' }
    const signal = AbortSignal.timeout(patienceMilliseconds)
    try {
      const response = await fetch(this.#url, { method: 'POST', headers, body, signal })
      return { status: response.status, body: await response.json() }
    } catch (error) {
      return { status: (error as Error).name }
    }
  }
}
