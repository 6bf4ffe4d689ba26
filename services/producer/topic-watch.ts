import type { TopicAdmin } from '../adapters/kafka/topic-admin.ts'
import type { Log } from '../runtime/log.ts'
import { errorFields } from '../runtime/log.ts'
import { sleep } from '../runtime/retry.ts'
import type { LogRange } from '../telemetry/ledger.ts'

/** What the producer knows of the topic, at most a second old while Kafka is there. */
export type TopicView = {
  /** The number of the log that appended records belong to. */
  readonly log: number
  readonly ranges: readonly LogRange[]
  /** Records appended since the log began. */
  readonly eventsServed: number
  /** When it was asked, in milliseconds since the Unix epoch. */
  readonly asOf: number
}

const intervalMs = 1_000

/** Asks the cluster about the topic once a second; the last answer stays while Kafka is away. */
export class TopicWatch {
  readonly #admin: TopicAdmin
  readonly #log: Log
  readonly #onPartitions: (count: number) => void
  #view: TopicView | undefined
  #failing = false

  /** @param onPartitions told of the number of partitions whenever it is seen */
  constructor(admin: TopicAdmin, log: Log, onPartitions: (count: number) => void) {
    this.#admin = admin
    this.#log = log
    this.#onPartitions = onPartitions
  }

  /** The last answer, or undefined before the first. */
  get view(): TopicView | undefined {
    return this.#view
  }

  /** Asks now. Rejects while Kafka is away, or while the topic has no log yet. */
  async refresh(): Promise<TopicView> {
    const { ranges, logTag } = await this.#admin.state()
    if (logTag === undefined) throw new Error('the topic carries no log number yet')
    const eventsServed = ranges.reduce((sum, range) => sum + range.high, 0)
    this.#view = { log: logTag, ranges, eventsServed, asOf: Date.now() }
    this.#onPartitions(ranges.length)
    return this.#view
  }

  async watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.refresh()
        if (this.#failing) this.#log.info('topic-seen-again')
        this.#failing = false
      } catch (error) {
        if (!this.#failing) this.#log.warn(errorFields(error), 'topic-not-seen')
        this.#failing = true
      }
      await sleep(intervalMs, signal)
    }
  }
}
