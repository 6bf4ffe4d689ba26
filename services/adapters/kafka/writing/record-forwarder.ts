import type { IHeaders, Producer, RecordMetadata } from 'kafkajs'
import type { OriginalRecord } from '../../../ledger/batch.ts'
import type { ClosableKafka } from '../closable-kafka.ts'
import { ReconnectingClient } from '../reconnecting-client.ts'
import {
  partitionOfKey,
  producerSettings,
  replicationTimeoutMs,
  sendTimeoutMs,
  toPositions,
} from './record-appender.ts'

/** A record for another topic. The brokers set its time. */
export type ForwardedRecord = Pick<OriginalRecord, 'value' | 'headers'> & {
  /** Records with equal keys go to one partition. Those without a key go to the first one. */
  readonly key: string | null
}

type Options = {
  readonly topic: string
  /** How many partitions of the topic are used. */
  readonly partitions: number
}

/** A record that Kafka refuses, and would refuse again. */
type RefusedRecord<T extends ForwardedRecord> = {
  readonly record: T
  readonly reason: string
}

export type SendLimits = { readonly maxRefusals: number; readonly maxMs: number }

/** What became of records. */
export type SentRecords<T extends ForwardedRecord> = {
  /** How many records, from the first on, were written or refused. The others were not sent. */
  readonly settled: number
  readonly refused: readonly RefusedRecord<T>[]
}

type MutableSent<T extends ForwardedRecord> = { settled: number; refused: RefusedRecord<T>[] }

type Progress<T extends ForwardedRecord> = {
  readonly sent: MutableSent<T>
  readonly isOver: () => boolean
}

/** Errors about the content of a request, in the words of kafkajs. */
const refusals: readonly unknown[] = [
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
]

/** Keys and values of one request to Kafka. A larger record gets a request for itself. */
const maxRequestBytes = 512 * 1024

/** Writes records to a topic with `acks=all`. */
export class RecordForwarder implements AsyncDisposable {
  readonly #options: Options
  readonly #producer: ReconnectingClient<Producer>

  constructor(kafka: ClosableKafka, options: Options) {
    this.#options = options
    const create = () => kafka.client((own) => own.producer(producerSettings))
    this.#producer = new ReconnectingClient(create, sendTimeoutMs)
  }

  /**
   * Writes the records in their order, but leaves out those that Kafka refuses for good. A request is sent
   * after all records of the one before were acknowledged or refused. After a refusal, other records of the
   * same request may be written twice. Each refusal takes several requests, so this method ends early after
   * `maxRefusals` refusals, or after `maxMs`. Rejects if a record was not acknowledged; then some of the
   * records may be written.
   */
  async sendAccepted<T extends ForwardedRecord>(
    records: readonly T[],
    { maxRefusals, maxMs }: SendLimits,
  ): Promise<SentRecords<T>> {
    const endsAt = performance.now() + maxMs
    const sent: MutableSent<T> = { settled: 0, refused: [] }
    const isOver = (): boolean => sent.refused.length >= maxRefusals || performance.now() >= endsAt
    for (const request of toRequests(records)) await this.#sendParts(request, { sent, isOver })
    return sent
  }

  /** Sends a request. If it is refused, sends its halves, until single refused records are found. */
  async #sendParts<T extends ForwardedRecord>(
    records: readonly T[],
    progress: Progress<T>,
  ): Promise<void> {
    const { sent, isOver } = progress
    if (sent.settled > 0 && isOver()) return
    try {
      await this.#sendRequest(records)
      sent.settled += records.length
    } catch (error) {
      const reason = refusalOf(error)
      if (reason === undefined) throw error
      const [record] = records
      if (records.length > 1 || record === undefined) {
        const middle = Math.ceil(records.length / 2)
        await this.#sendParts(records.slice(0, middle), progress)
        await this.#sendParts(records.slice(middle), progress)
        return
      }
      sent.settled += 1
      sent.refused.push({ record, reason })
    }
  }

  async #sendRequest(records: readonly ForwardedRecord[]): Promise<void> {
    const { topic, partitions: count } = this.#options
    const partitions = records.map(({ key }) => (key === null ? 0 : partitionOfKey(key, count)))
    const messages = records.map(({ key, value, headers }, index) => ({
      ...{ key: key === null ? null : Buffer.from(key), value: value && Buffer.from(value) },
      ...{ headers: toHeaders(headers), partition: partitions[index] ?? 0 },
    }))
    const request = { topic, acks: -1, timeout: replicationTimeoutMs, messages }
    const acknowledged: RecordMetadata[] = await this.#producer.use((producer) =>
      producer.send(request),
    )
    const missing = toPositions(partitions, acknowledged).filter((position) => !position)
    if (missing.length === 0) return
    throw new Error(`Kafka has not acknowledged ${missing.length} records of the topic ${topic}.`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#producer[Symbol.asyncDispose]()
  }
}

/** Divides records into requests of limited size. */
function toRequests<T extends ForwardedRecord>(records: readonly T[]): T[][] {
  const requests: T[][] = []
  let bytes = Infinity
  for (const record of records) {
    const size = sizeOf(record)
    if (bytes + size > maxRequestBytes) {
      requests.push([])
      bytes = 0
    }
    requests.at(-1)?.push(record)
    bytes += size
  }
  return requests
}

/** Why Kafka has refused the content of a request for good; undefined for other errors. */
function refusalOf(error: unknown): string | undefined {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (refusals.includes((each as { type?: unknown }).type)) return each.message
  }
  return undefined
}

/** Bytes of a record, with about what Kafka adds to it. */
function sizeOf({ key, value, headers }: ForwardedRecord): number {
  const ofHeaders = headers.reduce((sum, [name, each]) => sum + name.length + each.byteLength, 0)
  return 32 + (key?.length ?? 0) + (value?.byteLength ?? 0) + ofHeaders
}

/** A repeated header is a list. A name like `constructor` is a name like every other one. */
function toHeaders(headers: OriginalRecord['headers']): IHeaders {
  const byName = new Map<string, Buffer[]>()
  for (const [name, value] of headers) {
    byName.set(name, [...(byName.get(name) ?? []), Buffer.from(value)])
  }
  return Object.fromEntries(byName)
}
