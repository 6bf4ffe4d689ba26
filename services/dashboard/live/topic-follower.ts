import { setImmediate as yieldToLoop } from 'node:timers/promises'
import type { BatchHandler, ConsumedBatch } from '../../adapters/kafka/consumed-batch.ts'
import type { SourceRecord } from '../../ledger/batch.ts'
import { decodeReading } from '../../telemetry/reading/decode-reading.ts'
import { toReceipt } from '../../ledger/receipt.ts'
import type { LiveFleet } from './live-fleet.ts'

/** Decoding all of a backlog in one go would keep the browsers waiting. */
const recordsPerTurn = 512

export type TopicFollowerOptions = {
  readonly fleet: LiveFleet
  /** Microseconds for which readings are kept. */
  readonly retentionMicros: number
  /** Where a partition is begun: what is before is in the table. */
  readonly initialOffset: (partition: number, highWatermark: number) => number
  /** The number of the log that the topic carries now, if it is known. */
  readonly currentLogId: () => number | undefined
  readonly onRecords: (count: number) => void
}

/**
 * Tells the fleet what the log says, from where the table ends. It holds nobody up: its group is its
 * own and commits nothing, so that it finds its place by itself after each join.
 */
export class TopicFollower {
  readonly #options: TopicFollowerOptions
  /** The offset to go on from, by partition. */
  readonly #next = new Map<number, number>()

  constructor(options: TopicFollowerOptions) {
    this.#options = options
  }

  readonly handleBatch: BatchHandler = async (batch, session) => {
    const { partition, fetchedOffset, highWatermark } = batch
    const next = this.#next.get(partition) ?? this.#options.initialOffset(partition, highWatermark)
    // A log that ends before is another one: it is followed from where it was fetched.
    if (fetchedOffset < next && next <= highWatermark) {
      this.#next.set(partition, next)
      session.seek(next)
      return undefined
    }
    if (!(await this.#hearAll(batch, session.isStale))) return undefined
    this.#next.set(partition, batch.endOffset)
    return batch.endOffset
  }

  /** @returns false where it was called off: what is left comes again */
  async #hearAll({ partition, records }: ConsumedBatch, isStale: () => boolean): Promise<boolean> {
    for (const [index, record] of records.entries()) {
      if (index > 0 && index % recordsPerTurn === 0) {
        await yieldToLoop()
        if (isStale()) return false
      }
      this.#hear(partition, record)
    }
    this.#options.onRecords(records.length)
    return true
  }

  #hear(partition: number, record: SourceRecord): void {
    const { fleet, retentionMicros, currentLogId } = this.#options
    const entry = decodeReading(record, retentionMicros)
    // What is no reading becomes a dead letter, which is the consumer's business.
    if (entry.kind === 'refused') return
    const { offset, row } = entry
    const logId = currentLogId()
    const receipt = logId === undefined ? null : toReceipt({ logId, partition, offset })
    fleet.apply({ ...row, receipt })
  }
}
