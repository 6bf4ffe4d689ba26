import { createRequire } from 'node:module'
import type { KafkaMessage } from 'kafkajs'
import { ClientRecord } from '../../services/adapters/kafka/consumed-batch.ts'

const require = createRequire(import.meta.url)
const inside = (path: string): unknown => require(`kafkajs/src/${path}`)

export type SentRecord = {
  readonly value: Buffer | string | null
  /** A list is a header that is repeated. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>
}

type Encoded = { readonly buffer: Buffer }
const encodeRecords = inside('protocol/recordBatch/record/v0') as (
  messages: readonly object[],
  timestampDeltaOf: () => number,
) => Encoded
const { RecordBatch } = inside('protocol/recordBatch/v0') as {
  RecordBatch: (batch: object) => Promise<Encoded>
}
const Encoder = inside('protocol/encoder') as new () => {
  readonly writeBuffer: (buffer: Buffer) => Encoded
}
const Decoder = inside('protocol/decoder') as new (buffer: Buffer) => object
const decodeBatch = inside('protocol/recordBatch/v0/decoder') as (
  decoder: object,
) => Promise<{ readonly records: readonly KafkaMessage[] }>

/**
 * The records as the Kafka client reads them, in the bytes of one batch.
 *
 * @param appendedAtMs the broker's time of all records
 */
export function fetchedRecords(
  records: readonly SentRecord[],
  appendedAtMs: number,
): Promise<ClientRecord[]> {
  const messages = records.map((record) => ({ key: 'K', ...record }))
  const encoded = encodeRecords(messages, () => 0)
  return decodeRecords(encoded, records.length, appendedAtMs)
}

/** The record with these bytes, which begin with its length. */
export async function fetchedRecord(bytes: Buffer): Promise<ClientRecord | undefined> {
  const [record] = await decodeRecords(new Encoder().writeBuffer(bytes), 1, 0)
  return record
}

async function decodeRecords(
  records: Encoded,
  recordCount: number,
  appendedAtMs: number,
): Promise<ClientRecord[]> {
  const { buffer } = await RecordBatch({
    ...{ firstOffset: '70000', records, recordCount, lastOffsetDelta: recordCount - 1 },
    ...{ firstTimestamp: appendedAtMs, maxTimestamp: appendedAtMs },
  })
  const batch = await decodeBatch(new Decoder(buffer))
  return batch.records.map((message) => new ClientRecord(message))
}
