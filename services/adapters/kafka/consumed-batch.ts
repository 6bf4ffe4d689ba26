import { toMicros } from '../../telemetry/time.ts'
import type { Micros } from '../../telemetry/time.ts'
import type { Batch, KafkaMessage } from 'kafkajs'
import type { OriginalRecord, RecordBytes, SourceRecord } from '../../ledger/batch.ts'

/** Records of one partition from one fetch. */
export type ConsumedBatch = {
  readonly partition: number
  /** The offset that the fetch requested. */
  readonly fetchedOffset: number
  readonly records: readonly SourceRecord[]
  /** The offset after the last record of the batch, or after offsets without a record that follow it. */
  readonly endOffset: number
  readonly highWatermark: number
  /** The id of the topic after the fetch, if the client reads it: the records are of this topic. */
  readonly topicId?: string | undefined
  /** Set if the record at `fetchedOffset` cannot be read. The batch then has no records. */
  readonly unreadable?: Unreadable
}

/** Why Kafka's file of a partition cannot be read at an offset. */
type Unreadable = {
  readonly reason: string
  /** The first later offset that can be read, if it is known. */
  readonly followedAt: number | undefined
}

/**
 * Group operations for the partition of a batch. They may also be called after the handler has
 * returned. After the next join they do nothing.
 */
export type FeedSession = {
  /** Sends a heartbeat. Rejects if the group has assigned the partition to another member. */
  readonly heartbeat: () => Promise<void>
  /**
   * Reports that all records of the partition before `offset` are settled. Only such offsets are
   * committed to the group.
   *
   * @param records how many records were settled since the last report
   */
  readonly settled: (offset: number, records: number) => void
  /**
   * The next fetch starts at `offset`. The rest of this batch is dropped. If offsets are committed to
   * the group, all records before `offset` must be settled.
   */
  readonly seek: (offset: number) => void
  /** Ends the client with an error. The next one joins the group again. */
  readonly fail: (error: unknown) => void
  /** True if this member no longer owns the partition of the batch. */
  readonly isStale: () => boolean
}

/**
 * Handles one batch. Batches of several partitions may be handled at the same time. A partition that
 * cannot be read is fetched again after some seconds, or at once after a seek.
 *
 * @returns the offset at which the next fetch starts, or undefined to fetch this batch again
 */
export type BatchHandler = (
  batch: ConsumedBatch,
  session: FeedSession,
) => Promise<number | undefined>

/**
 * @param lastEnd the end of the last batch of the partition. If this one was fetched from there, it
 *   must start there: the offset of a batch is not part of its checksum
 */
export function toConsumedBatch(batch: Batch, lastEnd?: number): ConsumedBatch {
  const fields = batch as Batch & UndeclaredFields
  const { partition } = fields
  const fetchedOffset = Number(fields.fetchedOffset)
  const highWatermark = Number(batch.highWatermark)
  const unreadable =
    fields.unreadable ??
    (lastEnd === fetchedOffset ? findOverlap(fetchedOffset, fields.readable) : undefined)
  if (unreadable) {
    const nothing = { records: [], endOffset: fetchedOffset }
    return { partition, fetchedOffset, ...nothing, highWatermark, unreadable }
  }
  const records = batch.messages.map((message) => new ClientRecord(message))
  const endOffset = fields.endOffset ?? Number(batch.lastOffset()) + 1
  return { partition, fetchedOffset, records, endOffset, highWatermark }
}

function findOverlap(
  expected: number,
  { from = expected, nextAt }: ReadableRange = {},
): Unreadable | undefined {
  if (from >= expected) return undefined
  const reason = `the batch that Kafka returns starts before it, at offset ${from}`
  return { reason, followedAt: nextAt !== undefined && nextAt > expected ? nextAt : undefined }
}

/** kafkajs and the patch set these fields, but the types do not declare them. */
type UndeclaredFields = {
  readonly fetchedOffset: string
  readonly unreadable: Unreadable | undefined
  readonly readable: ReadableRange | undefined
  /** Where the batches end. Only if the client allows gaps. */
  readonly endOffset: number | undefined
}

/** The broker that has answered the fetch; undefined without the patch. */
export const nodeOf = (batch: Batch): number | undefined =>
  (batch as Batch & { readonly nodeId?: number }).nodeId

/** Where the first batch of the answer starts, and the next one that does not continue the others. */
type ReadableRange = { readonly from?: number; readonly nextAt?: number }

type Numbers = {
  readonly numericOffset: number
  readonly numericTimestamp: number
  /** Where the record begins and ends. */
  readonly begin: number
  readonly end: number
}

/** A message of kafkajs. Only messages of the patched client have the other parts. */
type FetchedMessage = KafkaMessage & Partial<RecordBytes & Numbers>

/**
 * Wraps a message of kafkajs. Decoding a reading needs two headers at most, so the list of all
 * headers is only built when it is needed.
 */
export class ClientRecord implements SourceRecord {
  readonly offset: number
  readonly #message: FetchedMessage

  constructor(message: FetchedMessage) {
    this.#message = message
    this.offset = message.numericOffset ?? Number(message.offset)
  }

  /** Undefined without the patch, and if the record has no value. */
  get inBatch(): RecordBytes | undefined {
    const { valueBegin = 0, valueEnd = -1 } = this.#message
    return valueEnd < valueBegin ? undefined : (this.#message as RecordBytes)
  }

  get size(): number | undefined {
    const { begin, end } = this.#message
    return begin === undefined || end === undefined ? undefined : end - begin
  }

  get appendedAt(): Micros {
    return toMicros(this.#message.numericTimestamp ?? Number(this.#message.timestamp))
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
