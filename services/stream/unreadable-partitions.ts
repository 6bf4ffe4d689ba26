import type { ConsumedBatch } from '../adapters/kafka/consumed-batch.ts'
import type { UnreadableStore } from '../adapters/postgres/ledger/unreadable-store.ts'
import { describeRemedy } from '../ledger/unreadable.ts'
import type { Logger } from '../runtime/logger.ts'
import { errorFields } from '../runtime/logger.ts'
import type { PipelineMetrics } from './stream-metrics.ts'

type Options = {
  readonly store: Pick<UnreadableStore, 'record'>
  readonly metrics: Pick<PipelineMetrics, 'unreadable'>
  readonly logger: Logger
}

/** The partitions of this consumer that Kafka's files do not let it read. */
export class UnreadablePartitions {
  readonly #options: Options
  /** The reported offset, by partition. */
  readonly #reported = new Map<number, number>()

  constructor(options: Options) {
    this.#options = options
  }

  /** Logs it once for each offset, and stores it for `npm run status` and for skipping it. */
  async report(logId: number, batch: ConsumedBatch): Promise<void> {
    const { partition, fetchedOffset: firstOffset, unreadable } = batch
    if (unreadable === undefined) return
    const { reason, followedAt } = unreadable
    const lastOffset = followedAt === undefined ? undefined : followedAt - 1
    const offsets = { logId, partition, firstOffset, lastOffset, reason }
    const { store, metrics, logger } = this.#options
    metrics.unreadable(partition, true)
    if (this.#reported.get(partition) !== firstOffset) {
      this.#reported.set(partition, firstOffset)
      logger.error({ ...offsets, advice: describeRemedy(offsets) }, 'partition-unreadable')
    }
    // The partition is fetched again after some seconds, and then stored again.
    await store.record(offsets).catch((error: unknown) => {
      logger.warn({ partition, ...errorFields(error) }, 'partition-unreadable-not-recorded')
    })
  }

  /** Call when records of the partition were stored. */
  clear(partition: number): void {
    if (!this.#reported.delete(partition)) return
    this.#options.metrics.unreadable(partition, false)
    this.#options.logger.info({ partition }, 'partition-readable-again')
  }

  /** Call after a rebalance: other consumers may report the partitions now. */
  clearAll(): void {
    for (const partition of this.#reported.keys())
      this.#options.metrics.unreadable(partition, false)
    this.#reported.clear()
  }
}
