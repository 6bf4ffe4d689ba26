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
const lookEvery = 20_000
const pauses = { first: 200, longest: 5_000 }

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
  begin(partitions: readonly number[], seek: Seek): void {
    this.#end.abort()
    const { signal } = (this.#end = new AbortController())
    this.#work = unlessAborted(this.#goBack(partitions, seek, signal), signal)
  }

  async #goBack(partitions: readonly number[], seek: Seek, signal: AbortSignal): Promise<void> {
    const look = () => skippedByGroup(this.#options)
    const isOver = (): boolean => signal.aborted
    while (!isOver()) {
      const skipped = await retryForever(look, { ...pauses, signal }).catch(() => undefined)
      if (skipped === undefined || isOver()) return
      for (const [partition, offset] of skipped) {
        if (!partitions.includes(partition)) continue
        this.#options.logger.warn({ partition, offset }, 'ledger-behind-group')
        seek(partition, offset)
      }
      await sleep(lookEvery, signal)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort()
    await this.#work
  }
}

/** The first offset that a partition's ledger lacks, of those that the group was told to be done with. */
async function skippedByGroup(options: Omit<Options, 'log'>): Promise<Map<number, number>> {
  const { topic, groupId, admin, ledgers } = options
  // The group is told last: what it knows first can't be ahead by what is stored meanwhile.
  const committed = await admin.committed(groupId)
  const ranges = await admin.ranges()
  const current = await ledgers.currentLog(topic)
  if (current === undefined) return new Map()
  const own = (await ledgers.ledgers()).filter(({ logId }) => logId === current.id)
  const nextOffsets = new Map(own.map(({ partition, nextOffset }) => [partition, nextOffset]))
  const skipped = new Map<number, number>()
  for (const [partition, { low, high }] of ranges.entries()) {
    const next = Math.max(low, nextOffsets.get(partition) ?? low)
    if (next < Math.min(high, committed.get(partition) ?? low)) skipped.set(partition, next)
  }
  return skipped
}
