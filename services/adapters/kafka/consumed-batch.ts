import { toMicros } from '../../telemetry/time.ts'
import type { Micros } from '../../telemetry/time.ts'
import type { Batch, KafkaMessage } from 'kafkajs'
import type { OriginalRecord, SourceRecord } from '../../ledger/batch.ts'

/** Records of one partition from one fetch. */
export type ConsumedBatch = {
  readonly partition: number
  /** The offset that the fetch requested. */
  readonly fetchedOffset: number
  readonly records: readonly SourceRecord[]
  /** The offset after the last record of the batch. */
  readonly endOffset: number
  readonly highWatermark: number
}

/** Group operations for a handler while it works on a batch. */
export type FeedSession = {
  /** Sends a heartbeat. Rejects if the group has assigned the partition to another member. */
  readonly heartbeat: () => Promise<void>
  /** The next fetch starts at `offset`. The rest of this batch is dropped. */
  readonly seek: (offset: number) => void
  /** True if this member no longer owns the partition of the batch. */
  readonly isStale: () => boolean
}

/**
 * Handles one batch. Batches of several partitions may be handled at the same time.
 *
 * @returns the offset before which all records are settled, or undefined if none are
 */
export type BatchHandler = (
  batch: ConsumedBatch,
  session: FeedSession,
) => Promise<number | undefined>

export function toConsumedBatch(batch: Batch): ConsumedBatch {
  // kafkajs sets this field, but its types do not declare it.
  const { fetchedOffset } = batch as Batch & { readonly fetchedOffset: string }
  return {
    partition: batch.partition,
    fetchedOffset: Number(fetchedOffset),
    records: batch.messages.map((message) => new ClientRecord(message)),
    endOffset: Number(batch.lastOffset()) + 1,
    highWatermark: Number(batch.highWatermark),
  }
}

/**
 * Wraps a message of kafkajs. Decoding a reading needs two headers at most, so the list of all
 * headers is only built when it is needed.
 */
export class ClientRecord implements SourceRecord {
  readonly offset: number
  readonly appendedAt: Micros
  readonly #message: KafkaMessage

  constructor(message: KafkaMessage) {
    this.#message = message
    this.offset = Number(message.offset)
    this.appendedAt = toMicros(Number(message.timestamp))
  }

  get key(): Buffer | null {
    return this.#message.key
  }

  get value(): Buffer | null {
    return this.#message.value
  }

  /**
   * Every header whose value is bytes or a text, in order. A repeated header has one entry per
   * value.
   */
  get headers(): OriginalRecord['headers'] {
    const headers = this.#message.headers ?? {}
    return Object.keys(headers).flatMap((name) =>
      valuesOf(headers[name]).map((value) => [name, Buffer.from(value)] as const),
    )
  }

  header(name: string): string | undefined {
    const headers = this.#message.headers
    if (!headers || !Object.hasOwn(headers, name)) return undefined
    const value = headers[name]
    return Buffer.isBuffer(value) ? value.toString() : valuesOf(value)[0]?.toString()
  }
}

/**
 * Only values that are bytes or a text. For a header named `constructor` kafkajs returns the
 * inherited property of the object, and for a header without a value it returns null.
 */
function valuesOf(value: unknown): (string | Buffer)[] {
  return [value].flat().filter((item) => typeof item === 'string' || Buffer.isBuffer(item))
}
