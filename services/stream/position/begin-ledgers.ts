import type { TopicAdmin } from '../../adapters/kafka/topic-admin.ts'
import type { PostgresLedgerStore } from '../../adapters/postgres/ledger/ledger-store.ts'
import type { StartPosition } from '../../ledger/start-offset.ts'
import { startOffsetOf } from '../../ledger/start-offset.ts'
import { LinkedAbort, unlessAborted } from '../../runtime/abort.ts'
import type { Logger } from '../../runtime/logger.ts'
import { WarnOnce } from '../../runtime/poll.ts'
import { sleep } from '../../runtime/retry.ts'
import type { LogFinder } from './find-log.ts'

type Options = {
  readonly topic: string
  /** The consumer group of the pipeline. */
  readonly groupId: string
  readonly start: StartPosition
  readonly admin: Pick<TopicAdmin, 'exists' | 'committed'>
  readonly ledgers: Pick<PostgresLedgerStore, 'hasLedger' | 'beginLedgers'>
  readonly logs: Pick<LogFinder, 'find' | 'isBoundToLog'>
  readonly logger: Logger
  /** Aborts when the process is to stop. */
  readonly stop: AbortSignal
}

const intervalMs = 1_000

/**
 * Begins all ledgers of a pipeline before it joins its consumer group, if it has none in any log of
 * the topic. A ledger that begins with the first batch would miss the records that are sent until
 * then. Ledgers of later logs and partitions begin at the first record.
 */
export class LedgerBeginner implements AsyncDisposable {
  readonly #options: Options
  readonly #end: LinkedAbort
  #work: Promise<unknown> = Promise.resolve()
  #reason: string | undefined
  /** All records of a new topic were sent after the start of the pipeline. */
  #isTopicNew = false

  constructor(options: Options) {
    this.#options = options
    this.#end = new LinkedAbort(options.stop)
  }

  /** Why the ledgers have not begun yet; undefined if they have. */
  get whyWaiting(): string | undefined {
    return this.#reason
  }

  /**
   * Waits for the topic without a limit, begins the ledgers, then calls `onBegun`.
   *
   * @param isTopicNew whether the topic was created for this start: then `latest` skips nothing
   */
  start(onBegun: () => void, isTopicNew = false): void {
    this.#isTopicNew = isTopicNew
    this.#reason = 'the ledgers of the pipeline have not begun yet'
    this.#work = unlessAborted(this.#run(onBegun), this.#end.signal)
  }

  async #run(onBegun: () => void): Promise<void> {
    const { signal } = this.#end
    const warnings = new WarnOnce(this.#options.logger, signal)
    const isAborted = (): boolean => signal.aborted
    while (!isAborted()) {
      const hasBegun = await warnings.attempt(() => this.#attempt(), {
        failed: 'ledgers-not-begun',
      })
      if (hasBegun) break
      if (hasBegun === undefined) this.#reason = 'the database or Kafka cannot be reached'
      await sleep(intervalMs, signal)
    }
    if (isAborted()) return
    this.#reason = undefined
    onBegun()
  }

  /** Returns false if the topic does not exist. */
  async #attempt(): Promise<boolean> {
    const { topic, admin } = this.#options
    if (await admin.exists()) {
      await this.#begin()
      return true
    }
    this.#isTopicNew = true
    this.#reason = `the topic ${topic} does not exist in Kafka yet`
    return false
  }

  async #begin(): Promise<void> {
    const { topic, groupId, admin, ledgers, logs, logger } = this.#options
    const start = this.#isTopicNew ? 'earliest' : this.#options.start
    if (await ledgers.hasLedger(topic)) {
      // Finds another log although it has no records yet.
      if (logs.isBoundToLog) await logs.find()
      return
    }
    const committed = start === 'committed' ? await admin.committed(groupId) : noCommits
    const { logId, state } = await logs.find()
    const offsets = state.ranges.map((range, partition) =>
      startOffsetOf(range, start, committed.get(partition)),
    )
    if (offsets.length === 0)
      throw new Error(`Kafka has not reported the partitions of the topic ${topic} yet.`)
    const hasBegun = await ledgers.beginLedgers(topic, logId, offsets)
    if (hasBegun) logger.info({ log: logId, start, offsets }, 'ledgers-begun')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort()
    await this.#work
    this.#end[Symbol.dispose]()
  }
}

const noCommits: ReadonlyMap<number, number> = new Map()
