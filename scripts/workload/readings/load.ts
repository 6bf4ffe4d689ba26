import type { Random } from '../../../fleet/random.ts'
import { sleep } from '../../../services/runtime/retry.ts'
import { Senders } from '../senders.ts'
import type { Account, LineAccount, SentReading } from './account.ts'
import type { Answer } from './post.ts'
import { post } from './post.ts'

/** Number of lines. A line has its own vehicles and at most one open request. */
const lines = 100
/** Readings per request. Most requests have one reading; most readings are in arrays. */
const requestSizes = [1, 1, 1, 1, 1, 44]
const meanRequestSize = requestSizes.reduce((sum, size) => sum + size, 0) / requestSizes.length
/** Milliseconds before a request is sent again. */
const retryMs = 500
/** A line that is later than this does not catch up: it starts a new schedule. */
const maxLatenessMs = 500
/**
 * After these statuses a vehicle sends the request again. Any other one is an error of the
 * platform.
 */
const retryStatuses = [408, 429, 502, 503, 504]

/** How vehicles send: once, everything twice, or with a disconnect before the first answer. */
export type SendMode = 'once' | 'twice' | 'hanging-up'

export type LoadOptions = {
  readonly url: string
  readonly token: string | undefined
  /** Readings per second. */
  readonly rate: number
  readonly account: Account
  readonly random: Random
}

/**
 * Vehicles that report at a steady rate. They send unacknowledged readings again, unchanged.
 * A line that waits for an answer sends nothing else.
 */
export class Load implements AsyncDisposable {
  sendMode: SendMode = 'once'
  readonly #options: LoadOptions
  readonly #senders: Senders

  constructor(options: LoadOptions) {
    this.#options = options
    this.#senders = new Senders({ url: options.url, unit: 'readings' })
    this.#senders.start(lines, () => this.#drive())
  }

  get acknowledged(): number {
    return this.#options.account.acknowledged
  }

  /** `Senders.stop` */
  stop(timeoutSeconds: number): Promise<string[]> {
    return this.#senders.stop(timeoutSeconds)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop(0)
  }

  async #drive(): Promise<void> {
    const { account, rate, random } = this.#options
    const line = account.openLine()
    const msPerReading = (1000 * lines) / rate
    // Random, so that lines which waited for the same outage do not continue in step.
    const randomDueTime = (): number => Date.now() + random() * msPerReading * meanRequestSize
    let due = randomDueTime()
    for (let round = Math.floor(random() * requestSizes.length); ; round += 1) {
      await sleep(Math.max(0, due - Date.now()), this.#senders.stopped)
      if (this.#senders.stopped.aborted) return
      const size = requestSizes[round % requestSizes.length] ?? 1
      await this.send(line, line.createReadings(Array.from({ length: size }, () => Date.now())))
      due += msPerReading * size
      if (due < Date.now() - maxLatenessMs) due = randomDueTime()
    }
  }

  /** Sends readings of one line again and again until they are acknowledged. */
  async send(line: LineAccount, readings: readonly SentReading[]): Promise<void> {
    const { account } = this.#options
    const json = JSON.stringify(readings.length === 1 ? readings[0] : readings)
    while (!(await this.#isAccepted(json, readings.length))) {
      account.refused += readings.length
      if (this.#senders.givenUp.aborted) return
      await sleep(retryMs, this.#senders.givenUp)
    }
    account.acknowledged += line.acknowledge(readings)
  }

  async #isAccepted(json: string, count: number): Promise<boolean> {
    const answers = await this.#postInSendMode(json)
    return answers.map((answer) => isAcknowledged(answer, count)).includes(true)
  }

  async #postInSendMode(json: string): Promise<Answer[]> {
    switch (this.sendMode) {
      case 'once':
        return [await this.post(json)]
      case 'twice':
        return Promise.all([this.post(json), this.post(json)])
      case 'hanging-up':
        await this.post(json, true)
        return [await this.post(json)]
      default:
        return this.sendMode satisfies never
    }
  }

  /** Sends one request as a client of this load. */
  post(json: string, disconnectsEarly = false): Promise<Answer> {
    const { url, token } = this.#options
    return post({ url, token, agent: this.#senders.agent }, json, disconnectsEarly)
  }
}

/** @throws Error if no fault explains the answer */
function isAcknowledged(answer: Answer, count: number): boolean {
  if (answer.kind === 'no-answer' || retryStatuses.includes(answer.status)) return false
  if (answer.status === 202 && answer.body.accepted === count) return true
  throw new Error(
    `${count} readings were answered with ${answer.status}: ${JSON.stringify(answer.body)}`,
  )
}
