import type { Micros } from '../../telemetry/time.ts'
import { setImmediate as yieldToLoop } from 'node:timers/promises'
import type {
  BatchHandler,
  ConsumedBatch,
  FeedSession,
} from '../../adapters/kafka/consumed-batch.ts'
import type { SourceRecord } from '../../ledger/batch.ts'
import { createQuickDecoder } from '../../telemetry/reading/encoding/reading-decoder.ts'
import { toReceipt } from '../../ledger/receipt.ts'
import type { LiveFleet } from './live-fleet.ts'

/** Decoding a whole backlog without a pause would block the browsers' requests. */
const recordsPerTurn = 512

export type TopicFollowerOptions = {
  readonly fleet: LiveFleet
  /** Microseconds for which readings are kept. */
  readonly retentionMicros: Micros
  /** The offset at which reading of a partition starts. The records before it are in the table. */
  readonly initialOffset: (partition: number, highWatermark: number) => number
  /** The offset up to which the records of a partition are stored, if it is known. */
  readonly storedOffset: (partition: number) => number | undefined
  /** The id of the log that the topic contains now, if it is known. */
  readonly currentLogId: () => number | undefined
  /** Called with the number of records of each batch. */
  readonly onRecords: (count: number) => void
}

/**
 * Applies the readings in the topic to the live fleet, starting where the table ends. Its consumer
 * group has no other member and commits no offsets, so it delays no other consumer, and after each
 * join it seeks to its own position.
 */
export class TopicFollower {
  readonly #options: TopicFollowerOptions
  readonly #decode: ReturnType<typeof createQuickDecoder>
  /** The next offset to read, by partition. */
  readonly #nextOffsets = new Map<number, number>()

  constructor(options: TopicFollowerOptions) {
    this.#options = options
    this.#decode = createQuickDecoder(options.retentionMicros)
  }

  readonly handleBatch: BatchHandler = async (batch, session) => {
    const { partition, fetchedOffset, highWatermark } = batch
    if (batch.unreadable) {
      // An operator may have skipped these offsets.
      const stored = this.#options.storedOffset(partition) ?? fetchedOffset
      if (stored > fetchedOffset) this.#seek(partition, stored, session)
      return undefined
    }
    const nextOffset =
      this.#nextOffsets.get(partition) ?? this.#options.initialOffset(partition, highWatermark)
    // A next offset above the high watermark belongs to an earlier log: the new log is read from
    // the fetched offset on.
    if (fetchedOffset < nextOffset && nextOffset <= highWatermark) {
      this.#seek(partition, nextOffset, session)
      return undefined
    }
    if (!(await this.#applyAll(batch, session.isStale))) return undefined
    this.#nextOffsets.set(partition, batch.endOffset)
    return batch.endOffset
  }

  #seek(partition: number, offset: number, session: FeedSession): void {
    this.#nextOffsets.set(partition, offset)
    session.seek(offset)
  }

  /** @returns false if the batch became stale; its remaining records are fetched again */
  async #applyAll({ partition, records }: ConsumedBatch, isStale: () => boolean): Promise<boolean> {
    for (const [index, record] of records.entries()) {
      if (index > 0 && index % recordsPerTurn === 0) {
        await yieldToLoop()
        if (isStale()) return false
      }
      this.#apply(partition, record)
    }
    this.#options.onRecords(records.length)
    return true
  }

  #apply(partition: number, record: SourceRecord): void {
    const { fleet, currentLogId } = this.#options
    const entry = this.#decode(record)
    // The consumer stores invalid records as dead letters.
    if (entry.kind === 'refused') return
    const { offset, row } = entry
    const logId = currentLogId()
    const receipt = logId === undefined ? null : toReceipt({ logId, partition, offset })
    fleet.apply({ ...row, receipt })
  }
}
