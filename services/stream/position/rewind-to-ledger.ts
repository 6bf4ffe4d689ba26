import type { Seek } from '../../adapters/kafka/feed-client.ts'
import type { TopicAdmin } from '../../adapters/kafka/topic-admin.ts'
import type { PostgresLedgerStore } from '../../adapters/postgres/ledger/ledger-store.ts'
import { unlessAborted } from '../../runtime/abort.ts'
import type { Logger } from '../../runtime/logger.ts'
import { retryForever, sleep, warnOfReasons } from '../../runtime/retry.ts'

type Options = {
  readonly topic: string
  /** The consumer group of the pipeline. */
  readonly groupId: string
  readonly admin: Pick<TopicAdmin, 'committed' | 'ranges'>
  readonly ledgers: Pick<PostgresLedgerStore, 'currentLog' | 'ledgers'>
  readonly logger: Logger
  /**
   * Whether only partitions with a ledger are checked, because the ledgers begin before the group is
   * joined. If not, a partition without a ledger is read from its first record.
   */
  readonly needsLedger: boolean
}

const checkIntervalMs = 20_000
const retryBackoff = { firstMs: 200, maxMs: 5_000 }

/**
 * Seeks partitions back to their ledger if the consumer group has committed a later offset, e.g.
 * after the database was restored from a backup. Without the seek, a partition without new records
 * would deliver no batch, and the missing records would never be stored.
 */
export class LedgerRewinder implements AsyncDisposable {
  readonly #options: Options
  #end = new AbortController()
  #work: Promise<void> = Promise.resolve()

  constructor(options: Options) {
    this.#options = options
  }

  /** Starts to check after a rebalance; checks periodically until the next one. */
  start(partitions: readonly number[], seek: Seek): void {
    this.#end.abort()
    const { signal } = (this.#end = new AbortController())
    this.#work = unlessAborted(this.#rewindUntilAborted(partitions, seek, signal), signal)
  }

  async #rewindUntilAborted(
    partitions: readonly number[],
    seek: Seek,
    signal: AbortSignal,
  ): Promise<void> {
    const findSkipped = () => findSkippedOffsets(this.#options)
    const isAborted = (): boolean => signal.aborted
    const { logger } = this.#options
    while (!isAborted()) {
      const onFailure = warnOfReasons(logger, 'ledger-not-compared')
      const retry = { ...retryBackoff, signal, onFailure }
      const skipped = await retryForever(findSkipped, retry).catch(() => undefined)
      if (skipped === undefined || isAborted()) return
      for (const [partition, offset] of skipped) {
        if (!partitions.includes(partition)) continue
        logger.warn({ partition, offset }, 'ledger-behind-group')
        seek(partition, offset)
      }
      await sleep(checkIntervalMs, signal)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort()
    await this.#work
  }
}

/** Returns, by partition, the first offset that the group has committed but the ledger has not settled. */
async function findSkippedOffsets(options: Options): Promise<Map<number, number>> {
  const { topic, groupId, admin, ledgers, needsLedger } = options
  // Committed offsets are read first, because a consumer commits after it stores: records that are
  // stored during these reads then do not look skipped.
  const committed = await admin.committed(groupId)
  const ranges = await admin.ranges()
  const current = await ledgers.currentLog(topic)
  if (current === undefined) return new Map()
  const currentLedgers = (await ledgers.ledgers()).filter(({ logId }) => logId === current.id)
  const nextOffsets = new Map(
    currentLedgers.map(({ partition, nextOffset }) => [partition, nextOffset]),
  )
  const skipped = new Map<number, number>()
  for (const [partition, { low, high }] of ranges.entries()) {
    if (needsLedger && !nextOffsets.has(partition)) continue
    const next = Math.max(low, nextOffsets.get(partition) ?? low)
    if (next < Math.min(high, committed.get(partition) ?? low)) skipped.set(partition, next)
  }
  return skipped
}
