import { Registry } from 'prom-client'
import { localPassword } from '../../scripts/platform/database.ts'
import type { KafkaSettings } from '../../services/adapters/kafka/client.ts'
import type { PostgresSettings } from '../../services/adapters/postgres/driver/settings.ts'
import { roles } from '../../services/adapters/postgres/driver/settings.ts'
import { KeyedTableSink } from '../../services/adapters/postgres/tables/keyed-table-sink.ts'
import type { Column, TableSchema } from '../../services/ledger/table-schema.ts'
import type { Logger } from '../../services/runtime/logger.ts'
import type { Decode } from '../../services/stream/decode-batch.ts'
import type { Stream, StreamPipeline } from '../../services/stream/stream.ts'
import { createStream } from '../../services/stream/stream.ts'
import { StreamMetrics } from '../../services/stream/stream-metrics.ts'
import type { LogLine } from './captured-log.ts'
import { captureLog } from './captured-log.ts'
import type { Tenant } from './tenant.ts'
import { until } from './until.ts'

export const itemPipeline = 'items'

type Item = { readonly id: string; readonly price: number }

const column = (name: keyof Item, type: Column<Item>['type']): Column<Item> => ({
  ...{ name, type, comment: name, isCompared: true },
  valueOf: (row) => row[name],
})

const schema: TableSchema<Item> = {
  table: 'item',
  columns: [column('id', 'text'), column('price', 'double')],
  key: ['id'],
  onConflict: { kind: 'keep' },
  conflictDetail: 'The item has another price.',
}

const decode: Decode<Item> = (record) => {
  const { offset } = record
  const [id = '', price] = Buffer.from(record.value ?? [])
    .toString()
    .split(' ')
  if (price !== undefined)
    return { kind: 'row', offset, row: { id, price: Number(price) }, original: record }
  const refusal = { code: 'no-price', detail: 'The item has no price.' }
  return { kind: 'refused', offset, ...refusal, original: record }
}

/** When the pipeline stores and commits. */
export type ItemOptions = Pick<StreamPipeline<Item>, 'batch' | 'commitEvery'>

/** Where the pipeline reads and stores. */
export type ItemPlace = { readonly kafka: KafkaSettings; readonly postgres: PostgresSettings }

export function itemPlaceOf({ config, deployment, kafka }: Tenant): ItemPlace {
  const { database, table, hostPort } = config.postgres
  return {
    kafka,
    postgres: {
      ...{ host: '127.0.0.1', port: hostPort, database, table },
      ...{ user: roles.owner, password: localPassword(deployment.folders) },
    },
  }
}

type ItemContext = {
  readonly registry: Registry
  readonly logger: Logger
  readonly stop: AbortSignal
}

/** The stream of a pipeline that stores items, e.g. the record `a1 12.5`, in the table `item`. */
export function createItemStream(
  { kafka, postgres }: ItemPlace,
  options: ItemOptions,
  { registry, logger, stop }: ItemContext,
): Stream {
  const pipeline = {
    name: itemPipeline,
    decode,
    sink: () => new KeyedTableSink(schema),
    ...options,
  }
  const metrics = new StreamMetrics(registry)
  return createStream(pipeline, { kafka, postgres, clientId: 'a-test', metrics, logger, stop })
}

export async function createItemTable(tenant: Tenant): Promise<void> {
  await tenant.sql('CREATE TABLE item (id text PRIMARY KEY, price double precision)')
}

/** A running stream of items in this process. */
export class ItemStream implements AsyncDisposable {
  readonly lines: readonly LogLine[]
  readonly #registry: Registry
  readonly #stream: Stream
  readonly #stop: AbortController

  private constructor(place: ItemPlace, options: ItemOptions) {
    const { logger, lines } = captureLog()
    this.lines = lines
    this.#registry = new Registry()
    this.#stop = new AbortController()
    const context = { registry: this.#registry, logger, stop: this.#stop.signal }
    this.#stream = createItemStream(place, options, context)
  }

  /** Resolves when the group has assigned partitions to the stream. */
  static async start(tenant: Tenant, options: ItemOptions): Promise<ItemStream> {
    const started = new ItemStream(itemPlaceOf(tenant), options)
    await started.#stream.start()
    await until('the stream is ready', () => started.whyNotReady() === undefined)
    return started
  }

  whyNotReady(): string | undefined {
    return this.#stream.whyNotReady()
  }

  /** The log lines of an event. */
  events(name: string): LogLine[] {
    return this.lines.filter(({ event }) => event === name)
  }

  /** How many records have been read and are not stored: the lag of all partitions. */
  async waiting(): Promise<number> {
    const lag = await this.#registry.getSingleMetric('telemetry_lag_records')?.get()
    return (lag?.values ?? []).reduce((sum, { value }) => sum + value, 0)
  }

  /** The offsets that were settled with this outcome, according to the metrics. */
  async settledAs(outcome: string): Promise<number> {
    const settled = await this.#registry.getSingleMetric('telemetry_offsets_settled_total')?.get()
    return settled?.values.find(({ labels }) => labels['outcome'] === outcome)?.value ?? NaN
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#stream[Symbol.asyncDispose]()
  }
}
