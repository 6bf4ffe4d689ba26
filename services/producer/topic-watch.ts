import { accessFaultOf } from '../adapters/kafka/connection/access-fault.ts'
import type { TopicAdmin } from '../adapters/kafka/topic-admin.ts'
import { unlessAborted } from '../runtime/abort.ts'
import type { Logger } from '../runtime/logger.ts'
import { poll, WarnOnce } from '../runtime/poll.ts'
import { sleep } from '../runtime/retry.ts'
import type { LogRange } from '../ledger/ledger.ts'

/** The state of the topic, at most about a second old while Kafka is reachable. */
export type TopicView = {
  /** The log id that appended records belong to. */
  readonly logId: number
  /** By partition number. */
  readonly ranges: readonly LogRange[]
  /** Records appended since the topic was created. */
  readonly eventsServed: number
  /** When Kafka reported it, in milliseconds since the Unix epoch. */
  readonly asOf: number
}

const intervalMs = 1_000
/** The shortest pause between two requests to Kafka, however many callers wait. */
const minPauseMs = 250

type Admin = Pick<TopicAdmin, 'state'>

/**
 * Reads the topic's state from Kafka once a second. Keeps the last state while Kafka is
 * unreachable.
 */
export class TopicWatch {
  readonly #admin: Admin
  readonly #logger: Logger
  readonly #onPartitions: (count: number) => void
  #view: TopicView | undefined
  #fault: string | undefined
  /** The request that is not sent yet; all callers until then share it. */
  #nextRequest: Promise<TopicView> | undefined
  #currentRequest: Promise<TopicView> | undefined
  /** On the monotonic clock, in milliseconds. */
  #nextRequestNotBefore = 0

  /** @param onPartitions called with the number of partitions after every request */
  constructor(admin: Admin, logger: Logger, onPartitions: (count: number) => void) {
    this.#admin = admin
    this.#logger = logger
    this.#onPartitions = onPartitions
  }

  /** The last state; undefined before the first answer of Kafka. */
  get view(): TopicView | undefined {
    return this.#view
  }

  /** Why Kafka has refused the last request: the login, a certificate or a right. */
  get accessFault(): string | undefined {
    return this.#fault
  }

  /** The last state. @throws before the first answer of Kafka, when the producer does not listen yet */
  get knownView(): TopicView {
    if (this.#view === undefined) throw new Error('the state of the topic is not known yet')
    return this.#view
  }

  /**
   * Requests the state again, one request at a time. The request is sent after this call: the
   * answer to an earlier request could miss records that the caller knows about. Rejects if Kafka
   * is unreachable or the topic has no log id yet.
   */
  refresh(): Promise<TopicView> {
    this.#nextRequest ??= this.#waitAndRequest()
    return this.#nextRequest
  }

  async #waitAndRequest(): Promise<TopicView> {
    try {
      await this.#currentRequest
      const pauseMs = this.#nextRequestNotBefore - performance.now()
      if (pauseMs > 0) await sleep(Math.ceil(pauseMs))
    } finally {
      this.#nextRequest = undefined
    }
    this.#currentRequest = this.#request().finally(() => {
      this.#currentRequest = undefined
      this.#nextRequestNotBefore = performance.now() + minPauseMs
    })
    return this.#currentRequest
  }

  async #request(): Promise<TopicView> {
    const { ranges, logTag } = await this.#admin.state().catch((error: unknown) => {
      this.#fault = accessFaultOf(error)
      throw error
    })
    this.#fault = undefined
    if (logTag === undefined) throw new Error('the topic has no log id yet; provisioning sets it')
    const eventsServed = ranges.reduce((sum, range) => sum + range.high, 0)
    this.#view = { logId: logTag, ranges, eventsServed, asOf: Date.now() }
    this.#onPartitions(ranges.length)
    return this.#view
  }

  /** Polls until the signal aborts, and then does not wait for a pending answer. */
  async watch(signal: AbortSignal): Promise<void> {
    const events = { failed: 'topic-not-seen', recovered: 'topic-seen-again' }
    const warnings = new WarnOnce(this.#logger, signal)
    const attempt = () => warnings.attempt(() => this.refresh(), events)
    await poll(() => unlessAborted(attempt(), signal), { intervalMs, signal })
  }
}
