import type { Seek } from '../adapters/kafka/feed-client.ts'
import type { TopicAdmin } from '../adapters/kafka/topic-admin.ts'
import type { PostgresLedgerStore } from '../adapters/postgres/ledger/ledger-store.ts'
import { unlessAborted } from '../runtime/abort.ts'
import type { Logger } from '../runtime/logger.ts'
import { retryForever, sleep } from '../runtime/retry.ts'

type Options = {
  readonly topic: string
  /** The consumer group of the pipeline. */
  readonly groupId: string
  readonly admin: Pick<TopicAdmin, 'committed' | 'ranges'>
  readonly ledgers: Pick<PostgresLedgerStore, 'currentLog' | 'ledgers'>
  readonly logger: Logger
}

/** Milliseconds between two looks, and between two tries of one. */
const checkIntervalMs = 20_000
const pauses = { firstMs: 200, maxMs: 5_000 }

/**
 * Seeks partitions back to their ledger where the group has committed more than the ledger has, as
 * after the database was restored from a copy. Kafka sends no batch of a partition that gets no new
 * records, so that what is missing would never be stored.
 */
export class LedgerRewinder implements AsyncDisposable {
  readonly #options: Options
  #end = new AbortController()
  #work: Promise<void> = Promise.resolve()

  constructor(options: Options) {
    this.#options = options
  }

  /** Looks after a join, and again and again until the next one. */
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
    while (!isAborted()) {
      const skipped = await retryForever(findSkipped, { ...pauses, signal }).catch(() => undefined)
      if (skipped === undefined || isAborted()) return
      for (const [partition, offset] of skipped) {
        if (!partitions.includes(partition)) continue
        this.#options.logger.warn({ partition, offset }, 'ledger-behind-group')
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

/** The first offset that a partition's ledger lacks, of those that the group was told to be done with. */
async function findSkippedOffsets(options: Omit<Options, 'logger'>): Promise<Map<number, number>> {
  const { topic, groupId, admin, ledgers } = options
  // The group is told last: what it knows first can't be ahead by what is stored meanwhile.
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
    const next = Math.max(low, nextOffsets.get(partition) ?? low)
    if (next < Math.min(high, committed.get(partition) ?? low)) skipped.set(partition, next)
  }
  return skipped
}
