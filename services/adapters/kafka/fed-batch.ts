import type { Batch, IHeaders, KafkaMessage } from 'kafkajs'

/** A record as the feed hands it on. */
export type FedRecord = {
  readonly offset: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly (readonly [name: string, value: Buffer])[]
  /** When the broker appended it, in microseconds since the Unix epoch. */
  readonly appendedAt: number
}

/** Records of one partition that one fetch brought. */
export type FedBatch = {
  readonly partition: number
  /** The offset that the fetch asked for. */
  readonly fetchedOffset: number
  readonly records: readonly FedRecord[]
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
export type BatchHandler = (batch: FedBatch, session: FeedSession) => Promise<number | undefined>

export function toFedBatch(batch: Batch): FedBatch {
  // kafkajs has the field, its types do not.
  const { fetchedOffset } = batch as Batch & { readonly fetchedOffset: string }
  return {
    partition: batch.partition,
    fetchedOffset: Number(fetchedOffset),
    records: batch.messages.map(toFedRecord),
    endOffset: Number(batch.lastOffset()) + 1,
    highWatermark: Number(batch.highWatermark),
  }
}

function toFedRecord(message: KafkaMessage): FedRecord {
  return {
    offset: Number(message.offset),
    key: message.key,
    value: message.value,
    headers: toHeaders(message.headers ?? {}),
    appendedAt: Number(message.timestamp) * 1000,
  }
}

/**
 * Only what is bytes or a text: for a header called `constructor` kafkajs hands over what every
 * object inherits under that name, and for one without a value null.
 */
function toHeaders(headers: IHeaders): FedRecord['headers'] {
  const kept: (readonly [name: string, value: Buffer])[] = []
  for (const name of Object.keys(headers)) {
    const value = headers[name]
    if (Buffer.isBuffer(value)) kept.push([name, value])
    else
      for (const item of [value].flat())
        if (isHeaderValue(item)) kept.push([name, Buffer.from(item)])
  }
  return kept
}

function isHeaderValue(item: unknown): item is string | Buffer {
  return typeof item === 'string' || Buffer.isBuffer(item)
}
