import type { Batch, KafkaMessage } from 'kafkajs'
import type { OriginalRecord, SourceRecord } from '../../ledger/batch.ts'

/** Records of one partition that one fetch brought. */
export type ConsumedBatch = {
  readonly partition: number
  /** The offset that the fetch asked for. */
  readonly fetchedOffset: number
  readonly records: readonly SourceRecord[]
  /** The offset after the last one of the batch. */
  readonly endOffset: number
  readonly highWatermark: number
}

/** What a handler may ask of the group while it works on a batch. */
export type FeedSession = {
  /** Tells the group that we live; rejects when it has given the partition to another. */
  readonly heartbeat: () => Promise<void>
  /** Goes on from `offset` with the next fetch; what is left of this batch is dropped. */
  readonly seek: (offset: number) => void
  /** True once the batch is no longer ours to work on. */
  readonly isStale: () => boolean
}

/**
 * Works on one batch. Those of several partitions may be under way at once.
 *
 * @returns the offset up to which all is settled, or undefined where nothing is
 */
export type BatchHandler = (
  batch: ConsumedBatch,
  session: FeedSession,
) => Promise<number | undefined>

export function toConsumedBatch(batch: Batch): ConsumedBatch {
  // kafkajs has the field, its types do not.
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
 * A record over the client's own. Nearly all of them become readings, and of those nobody asks for
 * more than two headers: a list of them is made where it is wanted.
 */
export class ClientRecord implements SourceRecord {
  readonly offset: number
  readonly appendedAt: number
  readonly #message: KafkaMessage

  constructor(message: KafkaMessage) {
    this.#message = message
    this.offset = Number(message.offset)
    this.appendedAt = Number(message.timestamp) * 1000
  }

  get key(): Buffer | null {
    return this.#message.key
  }

  get value(): Buffer | null {
    return this.#message.value
  }

  /** Every header with bytes or a text in it, in their order; one that came several times is there as often. */
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
 * Only what is bytes or a text: for a header called `constructor` kafkajs hands over what every
 * object inherits under that name, and for one without a value null.
 */
function valuesOf(value: unknown): (string | Buffer)[] {
  return [value].flat().filter((item) => typeof item === 'string' || Buffer.isBuffer(item))
}
