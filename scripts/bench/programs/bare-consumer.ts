import { Kafka, logLevel } from 'kafkajs'
import type { Consumer, ConsumerConfig, EachBatchHandler, KafkaConfig } from 'kafkajs'
import pg from 'pg'
import { connectionOf } from '../../../services/adapters/postgres/driver/connection-config.ts'
import type { PostgresSettings } from '../../../services/adapters/postgres/driver/settings.ts'
import { from as copyFrom } from 'pg-copy-streams'

// What the limit lines of consumers share: kafkajs, one connection to Postgres, `COPY`, and the result.

export type BareOrder = {
  readonly connection: Pick<KafkaConfig, 'brokers' | 'sasl'>
  readonly topic: string
  readonly groupId: string
  readonly records: number
  readonly postgres: PostgresSettings
}

/** The printed result: rows stored after the first transaction, with their time and cost. */
export type BareResult = {
  readonly rows: number
  readonly seconds: number
  /** CPU seconds of this program in that time. */
  readonly cpuSeconds: number
  readonly peakMegabytes: number
}

type Begin = { readonly at: number; readonly rows: number; readonly cpu: NodeJS.CpuUsage }

/** Parsed or encoded between two turns of the event loop. */
export const recordsPerTurn = 512

/** Reads a topic until all records are stored, then prints the result and ends. */
export class BareConsumer {
  readonly client: pg.Client
  readonly #order: BareOrder
  readonly #consumer: Consumer
  #stored = 0
  #first: Begin | undefined

  constructor(
    order: BareOrder,
    fetchLimits: Pick<ConsumerConfig, 'maxBytes' | 'maxBytesPerPartition'> = {},
  ) {
    this.#order = order
    this.client = new pg.Client(connectionOf(order.postgres))
    const kafka = new Kafka({ ...order.connection, logLevel: logLevel.NOTHING })
    this.#consumer = kafka.consumer({
      ...{ groupId: order.groupId, readUncommitted: true },
      ...fetchLimits,
    })
  }

  /** Records that are stored. */
  get stored(): number {
    return this.#stored
  }

  /** @param prepareStatement runs first, on the connection of the rows */
  async run(eachBatch: EachBatchHandler, prepareStatement?: string): Promise<void> {
    await this.client.connect()
    if (prepareStatement !== undefined) await this.client.query(prepareStatement)
    await this.#consumer.connect()
    await this.#consumer.subscribe({ topics: [this.#order.topic], fromBeginning: true })
    await this.#consumer.run({ eachBatch })
  }

  copy(statement: string, chunks: readonly (string | Buffer)[]): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const stream = this.client.query(copyFrom(statement))
      stream.on('finish', resolve).on('error', reject)
      for (const chunk of chunks) stream.write(chunk)
      stream.end()
    })
  }

  /** Counts records whose transaction is committed. */
  count(records: number): void {
    this.#stored += records
    this.#first ??= { at: performance.now(), rows: this.#stored, cpu: process.cpuUsage() }
    if (this.#stored >= this.#order.records) void this.#finish(this.#first)
  }

  async #finish(begin: Begin): Promise<void> {
    const { user, system } = process.cpuUsage(begin.cpu)
    const result: BareResult = {
      rows: this.#stored - begin.rows,
      seconds: (performance.now() - begin.at) / 1000,
      cpuSeconds: (user + system) / 1e6,
      peakMegabytes: process.resourceUsage().maxRSS / 1024,
    }
    process.stdout.write(`${JSON.stringify(result)}\n`)
    await this.#consumer.disconnect()
    await this.client.end()
  }
}
