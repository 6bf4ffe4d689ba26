import type { TopicAdmin } from '../../adapters/kafka/topic-admin.ts'
import type { Logger } from '../../runtime/logger.ts'
import { poll, WarnOnce } from '../../runtime/poll.ts'
import { sleep } from '../../runtime/retry.ts'
import type { LogRange } from '../../ledger/ledger.ts'

/** What the producer knows of the topic, at most a second old while Kafka is there. */
export type TopicView = {
  /** The number of the log that appended records belong to. */
  readonly logId: number
  readonly ranges: readonly LogRange[]
  /** Records appended since the log began. */
  readonly eventsServed: number
  /** When it was asked, in milliseconds since the Unix epoch. */
  readonly asOf: number
}

const intervalMs = 1_000
/** Milliseconds from an answer to the next question, however many want one. */
const restMs = 250

type Admin = Pick<TopicAdmin, 'state'>

/** Asks the cluster about the topic once a second; the last answer stays while Kafka is away. */
export class TopicWatch {
  readonly #admin: Admin
  readonly #warnings: WarnOnce
  readonly #onPartitions: (count: number) => void
  #view: TopicView | undefined
  /** The question that has not been put yet; all who come before it is share it. */
  #next: Promise<TopicView> | undefined
  #underWay: Promise<TopicView> | undefined
  #restsUntil = 0

  /** @param onPartitions told of the number of partitions whenever it is seen */
  constructor(admin: Admin, logger: Logger, onPartitions: (count: number) => void) {
    this.#admin = admin
    this.#warnings = new WarnOnce(logger)
    this.#onPartitions = onPartitions
  }

  /** The last answer, or undefined before the first. */
  get view(): TopicView | undefined {
    return this.#view
  }

  /**
   * Asks anew, one question at a time. What it gives was asked after the call: the answer to a
   * question that is under way may not know of records that the caller does. Rejects while Kafka
   * is away, or while the topic has no log yet.
   */
  refresh(): Promise<TopicView> {
    this.#next ??= this.#askNext()
    return this.#next
  }

  async #askNext(): Promise<TopicView> {
    try {
      await this.#underWay
      const rest = this.#restsUntil - performance.now()
      if (rest > 0) await sleep(Math.ceil(rest))
    } finally {
      this.#next = undefined
    }
    this.#underWay = this.#ask().finally(() => {
      this.#underWay = undefined
      this.#restsUntil = performance.now() + restMs
    })
    return this.#underWay
  }

  async #ask(): Promise<TopicView> {
    const { ranges, logTag } = await this.#admin.state()
    if (logTag === undefined) throw new Error('the topic carries no log number yet')
    const eventsServed = ranges.reduce((sum, range) => sum + range.high, 0)
    this.#view = { logId: logTag, ranges, eventsServed, asOf: Date.now() }
    this.#onPartitions(ranges.length)
    return this.#view
  }

  async watch(signal: AbortSignal): Promise<void> {
    const events = { failed: 'topic-not-seen', recovered: 'topic-seen-again' }
    const attempt = () => this.#warnings.attempt(() => this.refresh(), events)
    await poll(attempt, { intervalMs, signal })
  }
}
